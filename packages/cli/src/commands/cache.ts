import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import { runList } from "../cache/run-list.ts";
import { defaultAge, runPrune } from "../cache/run-prune.ts";
import { runVerify } from "../cache/run-verify.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { openStoreSession } from "../session/open-store-session.ts";
import { storeOptions } from "../session/store-options.ts";

/** `imagespec cache` */
export const cache: Command = {
  name: "cache",
  usage: ["ls [options]", "prune [--older-than AGE] [--max-size SIZE] [--all] [--dry-run]", "verify [--repair]"],
  description: [
    "ls shows what the cache folder holds, and what it is good for.",
    `prune removes what was not used for ${defaultAge}, or for the age of --older-than; with --max-size what goes beyond a size: first\nimages that were unpacked to be run, then what was used longest ago. --all removes everything that no image needs,\nwhatever its age; what a program may be using, such as an image that runs, stays for an hour. Images stay: imagespec\nremove takes those away.`,
    "verify reads everything again and names the files whose content is not the one that their name promises, and the\nimages that lack content; the exit code is 1 when there are any. --repair removes such files and forgets such images.",
  ],
  options: {
    "older-than": {
      type: "text",
      value: "AGE",
      summary: `prune: 30d, 2w or 12h (default ${defaultAge}, and no limit with --max-size)`,
    },
    "max-size": { type: "text", value: "SIZE", summary: "prune: how much may stay, images included: 10GB, 500MB" },
    all: { type: "flag", summary: "prune: whatever its age; not beside a running build" },
    "dry-run": { type: "flag", summary: "prune: say what would go, and remove nothing" },
    repair: { type: "flag", summary: "verify: remove what is damaged" },
    ...storeOptions,
  },
  maxPositionals: 1,
  run,
};

const actions: ReadonlyMap<string, typeof runList> = new Map([
  ["ls", runList],
  ["prune", runPrune],
  ["verify", runVerify],
]);
const owners: ReadonlyMap<string, string> = new Map([
  ["older-than", "prune"],
  ["max-size", "prune"],
  ["all", "prune"],
  ["dry-run", "prune"],
  ["repair", "verify"],
]);

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const [name] = args.positionals;
  const action = actions.get(name ?? "");
  if (action === undefined) {
    throw usageError(
      name === undefined ? '"cache" needs to know what to do' : `"cache" cannot "${name}"`,
      'write "imagespec cache ls", "imagespec cache prune" or "imagespec cache verify"',
    );
  }
  const stray = [...owners].find(([option, owner]) => owner !== name && args.list(option).length > 0);
  if (stray !== undefined) {
    const [option, owner] = stray;
    throw usageError(`"cache ${name}" has no option "--${option}"`, `write "imagespec cache ${owner} --${option}"`);
  }
  return action(args, context, await openStoreSession(args, context));
}
