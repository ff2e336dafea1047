import { readFile } from "node:fs/promises";
import { suggest } from "@imagespec/errors";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { keptLogs } from "../logs/log-folder.ts";
import { type BuildLog, listLogs, readLog } from "../logs/read-log.ts";
import { formatDuration } from "../output/format.ts";
import { formatAge } from "../output/format-age.ts";
import { PlainReporter } from "../output/plain-reporter.ts";
import { type Style, styleFor } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { openStoreSession } from "../session/open-store-session.ts";
import { storeOptions } from "../session/store-options.ts";

/** `imagespec logs` */
export const logs: Command = {
  name: "logs",
  usage: ["[options]", "--last [options]", "NAME [options]"],
  description: [
    `Lists the logs of the last ${keptLogs} builds, or shows one of them: the last one, or one by its name or the start of it. A log\nhas all events of a build with what its commands printed, secrets masked.`,
    "With --json, a log is printed as it was written: a line that says what was built, then an event a line, as build\n--json prints them, with the position of the build.",
  ],
  options: { last: { type: "flag", summary: "show the last build" }, ...storeOptions },
  maxPositionals: 1,
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { stdout, stderr, env } = context;
  const [wanted] = args.positionals;
  const isLast = args.flag("last");
  if (isLast && wanted !== undefined) throw usageError(`"--last" and "${wanted}" cannot be combined`, "leave one out");
  const { cacheFolder } = await openStoreSession(args, context);
  const names = await listLogs(cacheFolder);
  const style = styleFor(stdout, env, args.flag("no-color"));
  if (isLast || wanted !== undefined) {
    const log = await readLog(cacheFolder, chooseLog(names, wanted));
    if (log === undefined) throw usageError("that file is no log of a build", "choose another: imagespec logs");
    if (args.flag("json")) stdout.write(await readFile(log.path, "utf8"));
    else replay(log, context, style);
    return 0;
  }
  const found = (await Promise.all(names.map((name) => readLog(cacheFolder, name)))).filter((log) => log !== undefined);
  if (args.flag("json")) {
    const list = found.map((log) => ({
      ...log.header,
      type: undefined,
      name: log.name,
      path: log.path,
      outcome: outcomeOf(log),
    }));
    stdout.write(`${JSON.stringify({ type: "logs", exitCode: 0, logs: list })}\n`);
    return 0;
  }
  if (found.length === 0) stderr.write("  no build has left a log\n");
  else stdout.write(`${formatList(found, style).join("\n")}\n`);
  return 0;
}

function chooseLog(names: readonly string[], wanted: string | undefined): string {
  const [last] = names;
  if (last === undefined) throw usageError("no build has left a log", "build something first: imagespec build");
  if (wanted === undefined) return last;
  const matching = names.filter((name) => name === wanted || name.startsWith(wanted));
  const [only] = matching;
  if (only !== undefined && (matching.length === 1 || only === wanted)) return only;
  const near = suggest(wanted, names);
  throw usageError(
    matching.length > 1 ? `${matching.length} logs start with "${wanted}"` : `there is no log "${wanted}"`,
    near === undefined ? "choose one of those that imagespec logs lists" : `did you mean "${near}"?`,
  );
}

/** Shows a log as a build without a terminal shows itself, with what commands printed. */
function replay({ header, events }: BuildLog, { stdout, cwd }: CommandContext, style: Style): void {
  const builds = header.builds.map(({ title, facts, file }) => ({
    title,
    facts,
    origin: { file, locate: () => undefined },
  }));
  const look = { style, resultStyle: style, cwd, isVerbose: true };
  const reporter = new PlainReporter(builds, { progress: stdout, results: stdout, ...look });
  const open = new Set(builds.keys());
  for (const { position, event } of events) {
    reporter.event(position, event);
    if (event.type !== "done") continue;
    open.delete(position);
    reporter.ended(
      position,
      "result" in event ? { status: "fulfilled", result: event.result } : { status: "rejected", error: event.error },
    );
  }
  reporter.close();
  if (open.size > 0)
    stdout.write(`  ${style.yellow("!")} the log ends here: the command was ended before the build was\n`);
}

type Outcome = "built" | "failed" | "unfinished";

function outcomeOf({ header, events }: BuildLog): Outcome {
  const done = events.filter(({ event }) => event.type === "done");
  if (done.some(({ event }) => "error" in event && event.error !== undefined)) return "failed";
  return done.length < header.builds.length ? "unfinished" : "built";
}

function formatList(found: readonly BuildLog[], style: Style): readonly string[] {
  const now = new Date();
  const paint: Readonly<Record<Outcome, (text: string) => string>> = {
    built: style.green,
    failed: style.red,
    unfinished: style.yellow,
  };
  const rows = found.map((log) => {
    const outcome = outcomeOf(log);
    const took = log.events.at(-1)?.event.t;
    const titles = log.header.builds.map(({ title }) => title).join(", ");
    return [
      formatAge(new Date(log.header.time), now),
      paint[outcome](outcome),
      took === undefined ? "" : formatDuration(took),
      style.bold(titles),
      style.dim(log.name),
    ];
  });
  return formatTable(rows);
}
