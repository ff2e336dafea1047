import { GoogleError } from "../google-error.ts";
import type { Buckets } from "../storage/create-buckets.ts";
import type { Build } from "./build.ts";
import type { BuildScript } from "./build-script.ts";

/** The log of a build, which an object of Cloud Storage follows. */
export interface BuildLog {
  /** Adds a line; secret values are masked. */
  say(line: string): void;
  /** Everything said so far. */
  readonly text: string;
  maskValue(secret: string): void;
  /** Writes what is left and stops. The object is whole when it resolves. */
  finish(): Promise<void>;
}

/** Where and how a log is written. */
export interface BuildLogOptions {
  readonly build: Build;
  readonly buckets: Buckets;
  /** Refuses the writing. */
  readonly admit: (bucket: string, object: string) => void;
  /** Milliseconds between two looks for new text. */
  readonly flushMs: number;
  readonly script: BuildScript["log"];
}

/**
 * Starts a log. `GCS_ONLY` and `LEGACY` make an object `log-<id>.txt` that grows as the build runs, with `STREAM_OFF` only at its end;
 * the other modes make none.
 */
export function startBuildLog(options: BuildLogOptions): BuildLog {
  const { build, buckets, admit, script = {} } = options;
  const [bucket = "", ...folder] = (build.logsBucket ?? "").replace(/^gs:\/\//, "").split("/");
  const object = [...folder.filter((part) => part !== ""), `log-${build.id}.txt`].join("/");
  const isWritten = !["NONE", "CLOUD_LOGGING_ONLY", "STACKDRIVER_ONLY"].includes(build.options?.logging ?? "");
  const growing = isWritten && build.options?.logStreamingOption !== "STREAM_OFF";
  const secrets: string[] = [];
  const startedAt = Date.now();
  let text = "";
  let written = 0;

  const write = (): boolean => {
    const bytes = Buffer.from(text);
    if (bytes.length === written) return false;
    const length = Math.min(bytes.length, written + (script.growBy ?? Number.POSITIVE_INFINITY));
    admit(bucket, object);
    buckets.write(bucket, object, bytes.subarray(0, length), { contentType: "text/plain" });
    written = length;
    return written < bytes.length;
  };
  // A bucket that refuses fails the build at its end, when the last write meets it again; until then the build runs.
  const tryWrite = () => {
    if (Date.now() - startedAt < (script.delayMs ?? 0)) return;
    try {
      write();
    } catch (error) {
      if (!(error instanceof GoogleError)) throw error;
    }
  };
  const timer = growing ? setInterval(tryWrite, options.flushMs) : undefined;

  return {
    say(line) {
      let masked = line;
      for (const secret of secrets) masked = masked.replaceAll(secret, "***");
      text += `${masked}\n`;
    },
    get text() {
      return text;
    },
    maskValue(secret) {
      if (secret !== "") secrets.push(secret);
    },
    async finish() {
      clearInterval(timer);
      if (!isWritten) return;
      while (write()) await new Promise((resolve) => setTimeout(resolve, options.flushMs));
    },
  };
}
