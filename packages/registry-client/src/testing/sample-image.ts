import { type Descriptor, digestOf, encodeConfig, encodeManifest, mediaTypes, type Platform } from "@imagespec/oci";
import type { MemoryMedium } from "./memory-medium.ts";

/** Puts an image of one platform, with the given layers, into a medium. */
export function addSampleImage(
  medium: MemoryMedium,
  platform: Platform,
  layers: readonly (Uint8Array | string)[],
  tag?: string,
): Descriptor {
  const { bytes, descriptor: config } = encodeConfig({
    os: platform.os,
    architecture: platform.architecture,
    rootfs: { type: "layers", diff_ids: layers.map((layer) => digestOf(layer)) },
  });
  medium.addBlob(bytes, config.mediaType);
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers: layers.map((layer) => medium.addBlob(layer, mediaTypes.ociLayer)),
  });
  return { ...medium.addManifest(manifest, tag), platform };
}

/** Puts an index of images into a medium. */
export function addSampleIndex(medium: MemoryMedium, manifests: readonly Descriptor[], tag: string): Descriptor {
  return medium.addManifest(encodeManifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }), tag);
}
