import { parsePlatform } from "@imagespec/oci";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { describeImage } from "../images/describe-image.ts";
import { formatDescription } from "../images/format-description.ts";
import { parsePlace } from "../images/image-place.ts";
import { openImage } from "../images/open-image.ts";
import { recordsOf } from "../images/records-of.ts";
import { styleFor } from "../output/style.ts";
import { displayOptions, engineOptions } from "../session/engine-options.ts";
import { openImageSession } from "../session/open-image-session.ts";

/** `imagespec inspect` */
export const inspect: Command = {
  name: "inspect",
  usage: ["REFERENCE [options]", "FILE.tar [options]", "oci-layout:FOLDER[:NAME] [options]"],
  description: [
    "Shows what an image is: platforms, layers and what they hold, how it is run; of an image that imagespec built also\nthe spec, the base and the packages that were resolved, from the record beside it.",
    "REFERENCE is looked for in the local store, then in its registry; local-store:NAME and docker://NAME mean one of the\ntwo. A file is an archive of docker save or an OCI archive. No layer is read.",
  ],
  options: {
    platform: { type: "text", value: "OS/ARCH", summary: "show this platform only" },
    ...engineOptions,
    ...displayOptions,
  },
  maxPositionals: 1,
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { cwd, stdout, env, signal } = context;
  const [text] = args.positionals;
  if (text === undefined) throw usageError('"inspect" needs an image', 'write "imagespec inspect NAME:TAG"');
  const wanted = args.text("platform");
  const platform = wanted === undefined ? undefined : parsePlatform(wanted);
  await using session = await openImageSession(args, context);
  await using image = await openImage(parsePlace(text, cwd), session, signal);
  const records = await recordsOf(image.place, session);
  const description = await describeImage(image, { platform, records, signal });
  if (args.flag("json")) {
    stdout.write(`${JSON.stringify({ type: "image", exitCode: 0, ...description })}\n`);
    return 0;
  }
  const look = { style: styleFor(stdout, env, args.flag("no-color")), columns: stdout.columns || 100 };
  stdout.write(`${formatDescription(description, look).join("\n")}\n`);
  return 0;
}
