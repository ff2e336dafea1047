import { ImageSpecError, suggest } from "@imagespec/errors";
import { familiarImageReference, formatImageReference, parseImageReference } from "@imagespec/oci";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { tagged } from "../images/open-image.ts";

import { openStoreSession } from "../session/open-store-session.ts";
import { storeOptions } from "../session/store-options.ts";

/** `imagespec remove` */
export const remove: Command = {
  name: "remove",
  usage: ["NAME:TAG… [options]"],
  description: [
    "Removes images from the local store. Their layers stay as a cache for later builds, until imagespec cache prune. When\none of the names does not exist, nothing is removed.",
  ],
  options: storeOptions,
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { stdout } = context;
  const { positionals } = args;
  if (positionals.length === 0) throw usageError('"remove" needs an image', 'write "imagespec remove NAME:TAG"');
  const { existingStore } = await openStoreSession(args, context);
  const store = await existingStore();
  const known = new Map(
    (await store?.list())?.flatMap(({ name, descriptor }) => (name === undefined ? [] : [[name, descriptor] as const])),
  );
  const names = [...new Set(positionals.map((text) => formatImageReference(tagged(parseImageReference(text)))))];
  const missing = names.find((name) => !known.has(name));
  if (store === undefined || missing !== undefined) {
    const text = familiarImageReference(parseImageReference(missing ?? names[0] ?? ""));
    const near = suggest(missing ?? "", known.keys());
    throw new ImageSpecError("IMAGE_NOT_FOUND", `the local image store has no image "${text}"`, {
      hint:
        near === undefined
          ? 'look at "imagespec images"'
          : `did you mean "${familiarImageReference(parseImageReference(near))}"?`,
      details: { reference: missing },
    });
  }
  for (const name of names) await store.remove(name);
  const removed = names.map((name) => ({ reference: name, digest: known.get(name)?.digest }));
  if (args.flag("json")) stdout.write(`${JSON.stringify({ type: "removed", exitCode: 0, images: removed })}\n`);
  else for (const name of names) stdout.write(`removed ${familiarImageReference(parseImageReference(name))}\n`);
  return 0;
}
