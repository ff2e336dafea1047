import { isImageSpecError } from "@imagespec/errors";
import { type ImageReference, isTag, parseImageReference, withTag } from "@imagespec/oci";
import { usageError } from "../arguments/usage-error.ts";
import { type ImagePlace, parsePlace } from "./image-place.ts";
import type { OpenedImage } from "./open-image.ts";

/**
 * Where a copy of an image goes; what the target leaves out is taken from the source.
 *
 * @throws CLI_USAGE, REFERENCE_INVALID
 */
export function targetPlace(text: string, image: OpenedImage, cwd: string): ImagePlace {
  if (/^local-store[:=]?$/.test(text)) {
    const name = nameOf(image);
    if (name !== undefined) return { kind: "local-store", reference: name };
    throw usageError("the image has no name that the local store could take over", 'write "local-store:NAME:TAG"');
  }
  const place = parsePlace(text, cwd);
  if (place.kind === "docker-archive") return place;
  if (place.kind === "oci-layout") {
    if (place.name !== undefined) return place;
    const name = nameOf(image);
    // As builds name what they write into a layout.
    return name === undefined ? place : { ...place, name: `${name.repository}:${name.tag ?? "latest"}` };
  }
  const kind = place.kind === "reference" ? "registry" : place.kind;
  const { reference } = place;
  if (reference.digest !== undefined)
    throw usageError(`the target "${text}" has a digest, which a copy cannot choose`, "give it a tag, or none");
  if (reference.tag !== undefined) return { kind, reference };
  const tag = nameOf(image)?.tag;
  if (tag === undefined)
    throw usageError(`the target "${text}" has no tag, and neither has the source`, `write "${text}:TAG"`);
  return { kind, reference: withTag(reference, tag) };
}

/** The name of the source with its tag: its reference, or the name that a layout or archive has for it. */
function nameOf({ name, place }: OpenedImage): ImageReference | undefined {
  if (name !== undefined) return name;
  if (place.kind !== "oci-layout" && place.kind !== "docker-archive") return undefined;
  // A layout may call an image by a tag alone, which would read as the name of a repository.
  if (place.name === undefined || isTag(place.name)) return undefined;
  try {
    const reference = parseImageReference(place.name);
    return reference.tag === undefined ? undefined : withTag(reference, reference.tag);
  } catch (error) {
    if (isImageSpecError(error, "REFERENCE_INVALID")) return undefined;
    throw error;
  }
}
