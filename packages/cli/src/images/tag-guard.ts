import { imageKeys } from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import {
  type Descriptor,
  type Digest,
  formatImageReference,
  type ImageReference,
  type ImageSource,
  isImageIndex,
  parseManifest,
  type StoredManifest,
} from "@imagespec/oci";
import { readConfig } from "./read-config.ts";

/** Tags that say what an image holds: they must never come to mean another image by mistake. */
const contentTag = /(?:^|[._-])[uv]\d+-[a-z2-7]{16}(?:$|[._-])/;

/** Whether a tag is made from the content of a spec, as the default ones are. */
export function isContentTag(tag: string): boolean {
  return contentTag.test(tag);
}

interface Guarded {
  /** Where the tag is, and where what it holds can be read. */
  readonly target: ImageReference;
  readonly sink: ImageSource;
  /** What the tag is about to hold. */
  readonly wanted: { readonly source: ImageSource; readonly root: StoredManifest; readonly digest: Digest };
  /** What it holds now. */
  readonly existing: Descriptor | undefined;
}

/**
 * Refuses to let a tag that names its content hold other content. Other tags move, as everywhere.
 *
 * @throws TAG_MISMATCH
 */
export async function assertTagMayMove(guarded: Guarded, signal: AbortSignal): Promise<void> {
  const { target, sink, wanted, existing } = guarded;
  if (target.tag === undefined || !isContentTag(target.tag) || existing === undefined) return;
  if (existing.digest === wanted.digest) return;
  const there = await sink.readManifest({ digest: existing.digest }, { signal });
  const fingerprint = await fingerprintOf(wanted.source, wanted.root, signal);
  const other = there === undefined ? undefined : await fingerprintOf(sink, there, signal);
  const isSameSpec = fingerprint !== undefined && fingerprint === other;
  const reference = formatImageReference(target);
  throw new ImageSpecError(
    "TAG_MISMATCH",
    `"${reference}" holds another image${isSameSpec ? " of the same spec" : ""}, "${existing.digest}"`,
    {
      hint: isSameSpec
        ? "use the image that is there, or replace it with --force"
        : "choose another tag, or replace the image with --force",
      details: { reference, existing: existing.digest, wanted: wanted.digest, fingerprint, existingFingerprint: other },
    },
  );
}

async function fingerprintOf(
  source: ImageSource,
  { bytes, descriptor }: StoredManifest,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const manifest = parseManifest(bytes, descriptor.mediaType);
    if (isImageIndex(manifest)) return manifest.annotations?.[imageKeys.fingerprint];
    return (await readConfig(source, manifest, signal))?.config?.Labels?.[imageKeys.fingerprint];
  } catch (error) {
    // That the tag holds something else stands already; what it is made from only makes the message better.
    if (isImageSpecError(error) && !signal.aborted) return undefined;
    throw error;
  }
}
