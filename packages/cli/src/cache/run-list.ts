import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { CommandContext } from "../command-context.ts";
import { formatBytes } from "../output/format.ts";
import { formatAge } from "../output/format-age.ts";
import { styleFor } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { terminalText } from "../output/terminal-text.ts";
import type { StoreSession } from "../session/open-store-session.ts";
import { surveyCache } from "./survey-cache.ts";

/** `imagespec cache ls` */
export async function runList(args: ParsedArguments, context: CommandContext, session: StoreSession): Promise<number> {
  const { stdout, env, signal } = context;
  const folder = session.cacheFolder;
  const areas = await surveyCache(folder, await session.existingStore(), signal);
  const bytes = areas.reduce((sum, area) => sum + area.bytes, 0);
  if (args.flag("json")) {
    stdout.write(`${JSON.stringify({ type: "cache", exitCode: 0, folder, bytes, areas })}\n`);
    return 0;
  }
  const style = styleFor(stdout, env, args.flag("no-color"));
  const now = new Date();
  const header = ["what", "items", "   size", "last used", ""].map((title) => style.dim(title));
  const rows = areas.map(({ name, items, bytes: size, lastUsed, about, problem }) => [
    style.bold(name),
    String(items).padStart(5),
    formatBytes(size).padStart(7),
    lastUsed === undefined ? "-" : formatAge(lastUsed, now),
    problem === undefined ? style.dim(about) : style.red(terminalText(problem)),
  ]);
  const title = `  ${style.bold(formatBytes(bytes))} in ${terminalText(folder)}`;
  stdout.write(`${[title, "", ...formatTable([header, ...rows])].join("\n")}\n`);
  return 0;
}
