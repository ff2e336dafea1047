import type { BaseImage } from "@imagespec/core";
import { type Digest, type ImageManifest, parseImageManifest, type StoredManifest } from "@imagespec/oci";
import type { RelaySource } from "./relay.ts";

/** An image of one platform, wherever it is, for a relay to hand out. */
export function servedImage(
  { source }: Pick<BaseImage, "source">,
  manifest: StoredManifest,
  signal: AbortSignal,
): RelaySource {
  const sizes = blobSizes(parseImageManifest(manifest.bytes));
  return {
    readManifest: async (reference) => (reference === manifest.descriptor.digest ? manifest : undefined),
    blobSize: async (digest) => sizes.get(digest),
    openBlob: (digest, size) => source.openBlob({ digest, size }, { signal }),
  };
}

/** Bytes of every blob that a manifest names. */
export function blobSizes({ config, layers }: ImageManifest): ReadonlyMap<Digest, number> {
  return new Map([config, ...layers].map(({ digest, size }) => [digest, size]));
}
