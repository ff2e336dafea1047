import { familiarImageReference, type ImageReference, parseImageReference, withTag } from "@imagespec/oci";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { openImage, tagged } from "../images/open-image.ts";
import { forceOption, runTransfer, transferOptions } from "../images/run-transfer.ts";
import { targetPlace } from "../images/target-place.ts";
import { openImageSession } from "../session/open-image-session.ts";

/** `imagespec push` */
export const push: Command = {
  name: "push",
  usage: ["NAME:TAG [TARGET] [options]"],
  description: [
    "Pushes an image of the local store to a registry, with the record of its build. Without TARGET it goes to the\nregistry that its name, --registry or the configuration says, under the name that it has; TARGET without a tag takes\nthe image's.",
    "Other tags move, as with docker push; a tag that names its content (u1-…, v1-…) and holds another image is left alone\nunless --force is given.",
  ],
  options: {
    registry: { type: "text", value: "HOST", summary: "registry to push to, with an optional path prefix" },
    ...forceOption,
    ...transferOptions,
  },
  maxPositionals: 2,
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { cwd, signal } = context;
  const [name, target] = args.positionals;
  if (name === undefined) throw usageError('"push" needs an image', 'write "imagespec push NAME:TAG"');
  const flag = args.text("registry");
  if (flag !== undefined && target !== undefined)
    throw usageError('"--registry" and a target cannot be combined', "leave one out");
  await using session = await openImageSession(args, context);
  const reference = tagged(parseImageReference(name));
  await using image = await openImage({ kind: "local-store", reference }, session, signal);
  const place =
    target === undefined
      ? ({
          kind: "registry",
          reference: remoteName(name, reference, flag ?? session.config.config.registry),
        } as const)
      : targetPlace(target, image, cwd);
  if (place.kind !== "registry")
    throw usageError(`"${target ?? ""}" is no registry`, `write "imagespec copy local-store:${name} ${target ?? ""}"`);
  return await runTransfer(image, place, session, args, context);
}

/** The name of a local image in its registry. @throws CLI_USAGE when nothing says which registry that is */
function remoteName(text: string, reference: ImageReference, registry: string | undefined): ImageReference {
  const { repository, tag } = reference;
  if (tag === undefined) throw usageError(`"${text}" has no tag to push to`, `write "imagespec push ${text} TARGET"`);
  const namesHub = /^(?:index\.)?docker\.io\//.test(text);
  if (reference.registry !== "docker.io" || namesHub) return withTag(reference, tag);
  if (registry !== undefined)
    return parseImageReference(`${registry.replace(/\/+$/, "")}/${shortName(reference)}:${tag}`);
  throw usageError(
    `"${text}" names no registry to push to`,
    `write "imagespec push ${text} registry.example.com/${shortName(reference)}", or docker.io/${repository} for Docker Hub`,
  );
}

/** The name as it was given when the image was built: without what a name of the hub is completed by. */
function shortName({ registry, repository }: ImageReference): string {
  return familiarImageReference({ registry, repository });
}
