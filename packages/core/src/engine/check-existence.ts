import { isImageSpecError } from "@imagespec/errors";
import { type ImageIndex, isImageIndex, parseManifest, type StoredManifest } from "@imagespec/oci";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { BuildTarget } from "./build-target.ts";
import type { Existence } from "./existence.ts";
import { imageKeys } from "./image-keys.ts";
import { type ImageFacts, platformText, readImageFacts } from "./read-image.ts";

/** The answer to whether an image exists, with what was read for it. */
export interface FoundImage {
  readonly existence: Existence;
  /** The manifest or index under the tag. */
  readonly image: StoredManifest | undefined;
  /** Images of single platforms that can be reused. */
  readonly platforms: ReadonlyMap<string, ImageFacts>;
}

/**
 * Asks the output once for the image of a target and compares what is there with the spec.
 *
 * Of an index the annotation counts, and that every wanted platform is there; without the annotation, and for a plain manifest,
 * the labels of the config.
 */
export async function checkExistence(
  output: OpenedOutput,
  target: BuildTarget,
  signal: AbortSignal,
): Promise<FoundImage> {
  const found = await output.lookUp(target.tag, { signal });
  if (found.state !== "present") return { existence: found, image: undefined, platforms: new Map() };
  try {
    return await inspect(output, target, found.image, signal);
  } catch (error) {
    // A damaged file on this machine is no question of existence: its error says what to do.
    if (!isImageSpecError(error) || error.code === "STORE_CORRUPT" || signal.aborted) throw error;
    const reason = `"${output.reference(target.tag)}" cannot be read: ${error.message}`;
    return { existence: { state: "unknown", reason, error }, image: undefined, platforms: new Map() };
  }
}

async function inspect(
  output: OpenedOutput,
  target: BuildTarget,
  image: StoredManifest,
  signal: AbortSignal,
): Promise<FoundImage> {
  const { spec } = target;
  const reference = output.reference(target.tag);
  const { digest, mediaType } = image.descriptor;
  const manifest = parseManifest(image.bytes, mediaType);
  const index = isImageIndex(manifest) ? manifest : undefined;
  const mismatch = (fingerprint: string | undefined, reason: string): FoundImage => ({
    existence: { state: "mismatch", reference, digest, fingerprint, reason },
    image,
    platforms: new Map(),
  });

  const stated = index?.annotations?.[imageKeys.fingerprint];
  const contract = index?.annotations?.[imageKeys.contract];
  const byFingerprint = target.reuse === "fingerprint";
  if (byFingerprint && stated !== undefined && (stated !== spec.fingerprint || contract !== String(spec.contract))) {
    return mismatch(stated, `its fingerprint is "${stated}", the spec's is "${spec.fingerprint}"`);
  }

  const offered = index === undefined ? [image] : await childrenOf(output, index, spec.platforms, signal);
  const facts = await Promise.all(offered.map((child) => readImageFacts(output.source, child, signal)));
  const wanted = facts.filter(({ platform }) => spec.platforms.includes(platform));
  const isTrusted = !byFingerprint || stated !== undefined;
  const usable = wanted.filter((child) => isTrusted || labelsMatch(child, spec));
  // The index is ours and what it lists is gone, or a foreign tag has other platforms only: there is nothing to reuse.
  if (usable.length === 0 && isTrusted) return { existence: { state: "absent" }, image, platforms: new Map() };
  if (usable.length === 0) {
    const other = (wanted[0] ?? facts[0])?.labels[imageKeys.fingerprint];
    return mismatch(other, reasonOf(spec, facts, wanted, other));
  }
  const platforms = new Map(usable.map((child) => [child.platform, child]));
  const missing = spec.platforms.filter((platform) => !platforms.has(platform));
  const existing = { reference, digest, platforms: [...platforms.keys()].sort(), fingerprint: spec.fingerprint };
  const existence: Existence =
    missing.length === 0
      ? { state: "present", image: existing, verified: byFingerprint }
      : { state: "partial", image: existing, missing };
  return { existence, image, platforms };
}

function reasonOf(
  spec: ResolvedImageSpec,
  facts: readonly ImageFacts[],
  wanted: readonly ImageFacts[],
  stated: string | undefined,
): string {
  if (wanted.length === 0) {
    const there = facts.map(({ platform }) => platform).join(", ") || "no platform of the spec";
    return `it is for ${there}, the spec is for ${spec.platforms.join(", ")}`;
  }
  if (stated === undefined) return `it has no label "${imageKeys.fingerprint}"`;
  return `its fingerprint is "${stated}", the spec's is "${spec.platformFingerprints[wanted[0]?.platform ?? ""]}"`;
}

/** Whether the labels of an image of one platform are those that the spec gives it. */
export function labelsMatch({ labels, platform }: ImageFacts, spec: ResolvedImageSpec): boolean {
  const fingerprint = spec.platformFingerprints[platform];
  return (
    fingerprint !== undefined &&
    labels[imageKeys.fingerprint] === fingerprint &&
    labels[imageKeys.contract] === String(spec.contract)
  );
}

/** The manifests of an index for the wanted platforms, as far as they exist. */
async function childrenOf(
  output: OpenedOutput,
  index: ImageIndex,
  platforms: readonly string[],
  signal: AbortSignal,
): Promise<readonly StoredManifest[]> {
  const wanted = index.manifests.filter(
    ({ platform }) => platform !== undefined && platforms.includes(platformText(platform)),
  );
  const children = await Promise.all(wanted.map(({ digest }) => output.source.readManifest({ digest }, { signal })));
  return children.filter((child) => child !== undefined);
}
