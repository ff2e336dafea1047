import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { BuildEvent } from "@imagespec/core";
import { messageOf, redact, systemCodeOf } from "@imagespec/errors";
import { type LogHeader, logFolder, nameLog, surplusLogs } from "../logs/log-folder.ts";
import type { BuildReporter, ReportedBuild } from "./build-reporter.ts";

/** A build that prints without end must not fill the disk. */
const mostBytes = 64_000_000;

interface LogPlace {
  readonly cacheFolder: string;
  /** @default now */
  readonly time?: Date;
}

/**
 * A reporter that also writes the events as JSON lines to a file of the cache folder, for `imagespec logs`, as soon as something is
 * made or goes wrong. Written at once, so that a build that is killed leaves all it did. What cannot be written is a warning, never
 * a failure of the build.
 */
export function keepingLog(
  reporter: BuildReporter,
  builds: readonly ReportedBuild[],
  { cacheFolder, time = new Date() }: LogPlace,
): BuildReporter {
  let file: number | undefined;
  let written = 0;
  let isOff = false;
  const lines = new Map<number, number>();
  const pending: unknown[] = [];
  let isWorth = false;
  const write = (value: unknown): void => {
    const line = `${redact(JSON.stringify(value))}\n`;
    // How a build ended is worth more than the limit.
    if (written > mostBytes && !line.includes('"type":"done"')) return;
    file ??= open(logFolder(cacheFolder), builds, time);
    written += writeSync(file, line);
  };
  return {
    event(position, event) {
      reporter.event(position, event);
      if (event.type === "log") lines.set(position, (lines.get(position) ?? 0) + event.text.split("\n").length - 1);
      if (isOff || !isKept(event)) return;
      try {
        pending.push({ position, ...event });
        // An image that was there already leaves nothing worth keeping.
        isWorth ||= isWorthKeeping(event);
        if (isWorth) for (const value of pending.splice(0)) write(value);
      } catch (error) {
        if (systemCodeOf(error) === undefined) throw error;
        isOff = true;
        const { t, build, builder } = event;
        const message = `the log of this build is not kept: ${messageOf(error)}`;
        reporter.event(position, { type: "warning", message, t, build, builder });
      }
    },
    ended(position, outcome) {
      const count = lines.get(position) ?? 0;
      if (isOff || count === 0) reporter.ended(position, outcome);
      else reporter.ended(position, outcome, { lines: count });
    },
    close() {
      reporter.close();
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

function isWorthKeeping(event: BuildEvent): boolean {
  if (event.type === "done") return !("result" in event) || event.result.action !== "exists";
  return event.builder !== "" || (event.type !== "started" && event.type !== "step");
}

/** Of a transfer only its end: the rest says something while it runs, and is most of all events. */
function isKept(event: BuildEvent): boolean {
  return event.type !== "transfer" || event.current === event.total;
}

function open(folder: string, builds: readonly ReportedBuild[], time: Date): number {
  // Logs hold what commands print, which is nobody else's business.
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = nameLog(
    time,
    builds.map(({ title }) => title),
  );
  const file = create(join(folder, name));
  const header: LogHeader = {
    type: "log",
    version: 1,
    time: time.toISOString(),
    builds: builds.map(({ title, facts, origin }) => ({ title, facts, file: origin.file })),
  };
  writeSync(file, `${redact(JSON.stringify(header))}\n`);
  for (const surplus of surplusLogs(readdirSync(folder))) rmSync(join(folder, surplus), { force: true });
  return file;
}

function create(path: string): number {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    if (systemCodeOf(error) !== "EEXIST") throw error;
    // Two commands within one millisecond.
    return openSync(path.replace(/\.jsonl$/, `-${process.pid}.jsonl`), "wx", 0o600);
  }
}
