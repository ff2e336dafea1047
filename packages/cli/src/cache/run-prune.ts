import { parseAge } from "../arguments/age.ts";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { parseSize } from "../arguments/size.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { CommandContext } from "../command-context.ts";
import { count, formatBytes } from "../output/format.ts";
import { styleFor } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import type { StoreSession } from "../session/open-store-session.ts";
import { type PruneLimits, pruneCache } from "./prune-cache.ts";

/** How long things stay without any limit given. */
export const defaultAge = "30d";

const centuryMs = 100 * 365 * 24 * 3_600_000;

/** `imagespec cache prune` */
export async function runPrune(args: ParsedArguments, context: CommandContext, session: StoreSession): Promise<number> {
  const { stdout, stderr, env, signal } = context;
  const dryRun = args.flag("dry-run");
  const limits = limitsOf(args);
  const folder = session.cacheFolder;
  const store = await session.existingStore();
  const { areas, left } =
    store === undefined ? { areas: [], left: 0 } : await pruneCache(folder, store, { ...limits, dryRun, signal });
  const bytes = areas.reduce((sum, area) => sum + area.bytes, 0);
  if (args.flag("json")) {
    stdout.write(`${JSON.stringify({ type: "pruned", exitCode: 0, folder, dryRun, bytes, left, areas })}\n`);
    return 0;
  }
  const style = styleFor(stdout, env, args.flag("no-color"));
  const rows = areas
    .filter(({ items }) => items > 0)
    .map((area) => [style.bold(area.name), count(area.items, "item"), formatBytes(area.bytes)]);
  const total = `  ${dryRun ? "would free" : "freed"} ${formatBytes(bytes)}, ${formatBytes(left)} ${dryRun ? "would stay" : "stay"}`;
  stdout.write(`${[...formatTable(rows), total].join("\n")}\n`);
  if (left > limits.maxBytes) {
    const hint = "images count too (imagespec remove), and what programs may be using now stays for an hour";
    stderr.write(
      `  ${styleFor(stderr, env, args.flag("no-color")).yellow("!")} that is more than the limit: ${hint}\n`,
    );
  }
  return 0;
}

function limitsOf(args: ParsedArguments): PruneLimits {
  const age = args.text("older-than");
  const size = args.text("max-size");
  if (args.flag("all")) {
    if (age === undefined && size === undefined) return { unusedForMs: 0, maxBytes: Number.POSITIVE_INFINITY };
    throw usageError('"--all" and a limit cannot be combined', "leave one out");
  }
  const maxBytes = size === undefined ? Number.POSITIVE_INFINITY : parseSize(size, "--max-size");
  // A limit of bytes alone keeps old things that fit; the age has to be one that a date can hold.
  const unusedForMs = age === undefined && size !== undefined ? centuryMs : parseAge(age ?? defaultAge, "--older-than");
  return { unusedForMs: Math.min(unusedForMs, centuryMs), maxBytes };
}
