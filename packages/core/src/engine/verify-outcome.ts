import { ImageSpecError } from "@imagespec/errors";
import { type Digest, isImageIndex, parseManifest, type StoredManifest } from "@imagespec/oci";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { labelsMatch } from "./check-existence.ts";
import { imageKeys } from "./image-keys.ts";
import { type ImageFacts, platformText, readImageFacts } from "./read-image.ts";

/** What was found where a builder says that it wrote. */
export interface VerifiedOutcome {
  readonly image: StoredManifest;
  readonly platforms: ReadonlyMap<string, ImageFacts>;
}

/**
 * Looks up in the output what a builder says it made: the manifest is there, has the platforms, and the labels are the spec's.
 *
 * @throws BUILDER_CONTRACT
 */
export async function verifyOutcome(
  builder: string,
  output: Pick<OpenedOutput, "source">,
  spec: ResolvedImageSpec,
  digest: Digest,
  signal: AbortSignal,
): Promise<VerifiedOutcome> {
  const broken = (what: string, hint?: string): ImageSpecError =>
    new ImageSpecError("BUILDER_CONTRACT", `builder "${builder}" ${what}`, {
      hint: hint ?? `report this to the authors of "${builder}"`,
      details: { builder, digest },
    });
  const read = async (wanted: Digest): Promise<StoredManifest> => {
    const image = await output.source.readManifest({ digest: wanted }, { signal });
    if (image === undefined) throw broken(`says it made "${wanted}", which the output does not have`);
    return image;
  };

  const image = await read(digest);
  const manifest = parseManifest(image.bytes, image.descriptor.mediaType);
  const children = isImageIndex(manifest)
    ? manifest.manifests.filter(
        ({ platform }) => platform !== undefined && spec.platforms.includes(platformText(platform)),
      )
    : [image.descriptor];
  const platforms = new Map<string, ImageFacts>();
  for (const child of children) {
    const childImage = child.digest === digest ? image : await read(child.digest);
    const facts = await readImageFacts(output.source, childImage, signal);
    if (!spec.platforms.includes(facts.platform)) {
      throw broken(`made an image for "${facts.platform}" where "${spec.platforms.join(", ")}" was asked for`);
    }
    if (!labelsMatch(facts, spec)) {
      const label = facts.labels[imageKeys.fingerprint];
      const found = label === undefined ? "no fingerprint label" : `the fingerprint label "${label}"`;
      throw broken(
        `made an image with ${found}, expected "${spec.platformFingerprints[facts.platform]}"`,
        "add every label of request.labels to the image's config, as it is",
      );
    }
    platforms.set(facts.platform, facts);
  }
  const missing = spec.platforms.filter((platform) => !platforms.has(platform));
  if (missing.length > 0) throw broken(`made no image for "${missing.join(", ")}"`);
  return { image, platforms };
}
