import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { listImages } from "../images/list-images.ts";
import { formatBytes } from "../output/format.ts";
import { formatAge } from "../output/format-age.ts";
import { styleFor } from "../output/style.ts";
import { formatTable } from "../output/table.ts";

import { openStoreSession } from "../session/open-store-session.ts";
import { storeOptions } from "../session/store-options.ts";

/** `imagespec images` */
export const images: Command = {
  name: "images",
  usage: ["[options]"],
  description: [
    "Lists the images of the local store: name, platforms, compressed size (with what images share) and when they were\nbuilt.",
  ],
  options: { ...storeOptions, quiet: { type: "flag", short: "q", summary: "print the names only" } },
  maxPositionals: 0,
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { stdout, stderr, env, signal } = context;
  const { cacheFolder, existingStore } = await openStoreSession(args, context);
  const store = await existingStore();
  const found = store === undefined ? [] : await listImages(store, signal);
  if (args.flag("json")) {
    stdout.write(`${JSON.stringify({ type: "images", exitCode: 0, store: cacheFolder, images: found })}\n`);
    return 0;
  }
  if (args.flag("quiet")) {
    for (const { name } of found) stdout.write(`${name}\n`);
    return 0;
  }
  if (found.length === 0) {
    stderr.write(`  no image in the local store, ${cacheFolder}\n`);
    return 0;
  }
  const style = styleFor(stdout, env, args.flag("no-color"));
  const now = new Date();
  const header = ["image", "platforms", "size", "built"].map((title) => style.dim(title));
  const rows = found.map(({ name, platforms, size, created, problem }) =>
    problem === undefined
      ? [
          style.bold(name),
          platforms.join(" "),
          formatBytes(size),
          created === undefined ? "-" : formatAge(new Date(created), now),
        ]
      : [style.bold(name), style.red(`damaged: ${problem}`)],
  );
  stdout.write(`${formatTable([header, ...rows]).join("\n")}\n`);
  return 0;
}
