import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildEvent } from "@imagespec/core";
import { type ErrorCode, type ErrorOrigin, ImageSpecError, type SpecProblem, systemCodeOf } from "@imagespec/errors";
import { type LogHeader, logFolder, logName } from "./log-folder.ts";

/** The log of one command. */
export interface BuildLog {
  readonly name: string;
  readonly path: string;
  readonly header: LogHeader;
  readonly events: readonly { readonly position: number; readonly event: BuildEvent }[];
}

/** The names of the logs, the newest first. */
export async function listLogs(cacheFolder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(logFolder(cacheFolder));
    return names
      .filter((name) => logName.test(name))
      .sort()
      .reverse();
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw error;
  }
}

/** Reads a log; nothing for a file that is none. A last line that was cut off, because the command was killed, is left out. */
export async function readLog(cacheFolder: string, name: string): Promise<BuildLog | undefined> {
  const path = join(logFolder(cacheFolder), name);
  const [first, ...lines] = (await readFile(path, "utf8")).split("\n").flatMap(parseLine);
  if (!isRecord(first) || first["type"] !== "log" || !Array.isArray(first["builds"])) return undefined;
  // Written by this package, version 1 of it alone.
  const header = first as unknown as LogHeader;
  const events = lines.flatMap((line) => {
    if (!isRecord(line) || typeof line["position"] !== "number") return [];
    const { position, ...event } = line;
    return [{ position: position as number, event: revive(event) }];
  });
  return { name, path, header, events };
}

function parseLine(line: string): readonly unknown[] {
  if (line === "") return [];
  try {
    return [JSON.parse(line)];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Errors come back as errors; everything else is what it was. */
function revive(event: Readonly<Record<string, unknown>>): BuildEvent {
  const { error } = event;
  const whole = event["type"] === "done" && isRecord(error) ? { ...event, error: reviveError(error) } : event;
  // What the reporter was given, in the same version of the format.
  return whole as unknown as BuildEvent;
}

function reviveError(error: Readonly<Record<string, unknown>>): ImageSpecError {
  const { code, origin, message, hint, problems, details, logTail, cause } = error;
  return new ImageSpecError(String(code) as ErrorCode, String(message), {
    // As `toJSON` of the error wrote them.
    origin: origin as ErrorOrigin,
    ...(typeof hint === "string" ? { hint } : {}),
    ...(Array.isArray(problems) ? { problems: problems as readonly SpecProblem[] } : {}),
    ...(isRecord(details) ? { details } : {}),
    ...(Array.isArray(logTail) ? { logTail: logTail.map(String) } : {}),
    ...(typeof cause === "string" ? { cause: new Error(cause) } : {}),
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
