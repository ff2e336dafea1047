import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { parsePlace } from "../images/image-place.ts";
import { openImage } from "../images/open-image.ts";
import { forceOption, runTransfer, transferOptions } from "../images/run-transfer.ts";
import { targetPlace } from "../images/target-place.ts";
import { openImageSession } from "../session/open-image-session.ts";

/** `imagespec copy` */
export const copy: Command = {
  name: "copy",
  usage: ["SOURCE TARGET [options]"],
  description: [
    "Copies an image between places, all platforms unless some are named, with its digest. Each place is one of\n  NAME[:TAG]                    a registry\n  local-store:NAME:TAG          the local image store; as target also local-store: alone\n  oci-layout:FOLDER[:NAME]      an OCI layout, created when it is missing\n  docker-archive:FILE[:NAME]    a file for docker load, one platform; FILE.tar for short",
    "Content that the target has stays; within one registry blobs are mounted. A target without a tag takes the source's.\nThe record of the build goes along between registries and the local store, signatures do not.",
  ],
  options: { ...forceOption, ...transferOptions },
  maxPositionals: 2,
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { cwd, signal } = context;
  const [from, to] = args.positionals;
  if (from === undefined || to === undefined)
    throw usageError(
      from === undefined ? '"copy" needs a source and a target' : `"copy" needs a target beside "${from}"`,
      'write "imagespec copy SOURCE TARGET"',
    );
  const given = parsePlace(from, cwd);
  // A copy must not depend on what happens to be in the local store: a reference alone is a registry's.
  const source = given.kind === "reference" ? ({ ...given, kind: "registry" } as const) : given;
  await using session = await openImageSession(args, context);
  await using image = await openImage(source, session, signal);
  return await runTransfer(image, targetPlace(to, image, cwd), session, args, context);
}
