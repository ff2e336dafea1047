import { ImageSpecError } from "@imagespec/errors";
import {
  type Descriptor,
  formatPlatform,
  type ImageConfig,
  type ImageManifest,
  type ImageSource,
  isImageIndex,
  type Platform,
  parseImageConfig,
  parseManifest,
  selectPlatform,
} from "@imagespec/oci";
import type { ImageSelector } from "../validate/validate-image.ts";

/** The documents of an image of one platform. */
export interface ReadImage {
  readonly descriptor: Descriptor;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
}

/**
 * Reads an image's manifest and config, through an index where there is one.
 *
 * @throws IMAGE_NOT_FOUND when it, or the platform, is not there
 */
export async function readImage(
  source: ImageSource,
  reference: ImageSelector,
  platform: Platform = { os: "linux", architecture: "amd64" },
): Promise<ReadImage> {
  const stored = await source.readManifest(reference);
  if (stored === undefined) {
    throw new ImageSpecError("IMAGE_NOT_FOUND", `no image "${reference.digest ?? reference.tag}"`);
  }
  const manifest = parseManifest(stored.bytes, stored.descriptor.mediaType);
  if (isImageIndex(manifest)) {
    const child = selectPlatform(manifest.manifests, platform);
    if (child === undefined) {
      const message = `the image "${reference.digest ?? reference.tag}" has no platform "${formatPlatform(platform)}"`;
      throw new ImageSpecError("IMAGE_NOT_FOUND", message);
    }
    return readImage(source, { digest: child.digest }, platform);
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source.openBlob(manifest.config)) chunks.push(chunk);
  return { descriptor: stored.descriptor, manifest, config: parseImageConfig(Buffer.concat(chunks)) };
}
