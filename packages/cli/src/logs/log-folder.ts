import { join } from "node:path";

/** How many logs of builds are kept. */
export const keptLogs = 20;

/** Names sort by time: `2026-11-25T14-10-13.292Z-acme-train.jsonl`. */
export const logName: RegExp = /^(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)-.*\.jsonl$/;

/** Where the logs of builds are. */
export function logFolder(cacheFolder: string): string {
  return join(cacheFolder, "logs");
}

/** The name of the log of a command that builds what is called `titles`. */
export function nameLog(time: Date, titles: readonly string[]): string {
  const [first = "build"] = titles;
  const slug = first
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/^[-.]+|-+$/g, "")
    .slice(0, 60);
  const others = titles.length > 1 ? `-and-${titles.length - 1}-more` : "";
  return `${time.toISOString().replaceAll(":", "-")}-${slug === "" ? "build" : slug}${others}.jsonl`;
}

/** The names of logs that are too many, of all names in the folder. */
export function surplusLogs(names: readonly string[]): readonly string[] {
  return names
    .filter((name) => logName.test(name))
    .sort()
    .slice(0, -keptLogs);
}

/** First line of a log: what was built. */
export interface LogHeader {
  readonly type: "log";
  readonly version: 1;
  /** RFC 3339. */
  readonly time: string;
  /** By the `position` that the events below name. */
  readonly builds: readonly {
    readonly title: string;
    readonly facts: readonly string[];
    /** The spec file, as it was given. */
    readonly file: string;
  }[];
}
