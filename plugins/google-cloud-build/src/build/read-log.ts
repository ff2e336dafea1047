import type { LogPage } from "@imagespec/cloud-support";
import type { StagingClient } from "../client/staging-client.ts";
import { readFailure } from "../errors/google-failure.ts";

/** Reads that may be denied before the log is given up: a binding that is new takes a while to be known. */
const denials = 3;

/** What `followLog` needs to read the log object of a build: it grows, and is whole before the build has ended. */
export interface LogObject {
  read(cursor: number | undefined, signal: AbortSignal): Promise<LogPage<number> | undefined>;
  isLasting(error: unknown): boolean;
}

/** The object `log-<id>.txt` in `gs://bucket[/folder]`. */
export function logObject(staging: StagingClient, logsBucket: string, id: string): LogObject {
  const [bucket = "", ...folder] = logsBucket
    .replace(/^gs:\/\//, "")
    .split("/")
    .filter((part) => part !== "");
  const object = [...folder, `log-${id}.txt`].join("/");
  let denied = 0;
  return {
    async read(cursor = 0, signal) {
      const part = await staging.read(bucket, object, cursor, { signal });
      if (part.kind === "absent") return undefined;
      if (part.kind === "end") return { chunks: [], cursor };
      return { chunks: [part.bytes], cursor: cursor + part.bytes.length };
    },
    isLasting: (error) => readFailure(error).status === "PERMISSION_DENIED" && ++denied >= denials,
  };
}

const ownPrefix = /^Step #\d+(?: - "[^"]*")?: ?/;

/** A line as its tool printed it: with several steps, the service puts the step before each. */
export function withoutStep(line: string): string {
  return line.replace(ownPrefix, "");
}
