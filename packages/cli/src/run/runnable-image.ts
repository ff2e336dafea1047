import { ImageSpecError } from "@imagespec/errors";
import {
  type Descriptor,
  formatPlatform,
  type ImageConfig,
  type ImageManifest,
  type ImageSource,
  isImageIndex,
  parseImageConfig,
  parseManifest,
  parsePlatform,
  platformOfConfig,
  type StoredManifest,
  selectPlatform,
} from "@imagespec/oci";

/** An image of one platform that can be run. */
export interface RunnableImage {
  /** With a tag or digest. */
  readonly reference: string;
  readonly place: "registry" | "local-store";
  readonly source: ImageSource;
  /** Of the manifest, never of an index. */
  readonly descriptor: Descriptor;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly platform: string;
}

/** Opens the image that a manifest stands for: of an index, the one for the wanted platform. @throws IMAGE_NOT_FOUND */
export async function openRunnableImage(
  stored: StoredManifest,
  from: Pick<RunnableImage, "reference" | "place" | "source">,
  platform: string,
  signal: AbortSignal,
): Promise<RunnableImage> {
  const document = parseManifest(stored.bytes, stored.descriptor.mediaType);
  if (isImageIndex(document)) {
    const chosen = selectPlatform(document.manifests, parsePlatform(platform));
    const inner = chosen && (await from.source.readManifest({ digest: chosen.digest }, { signal }));
    if (inner !== undefined) return openRunnableImage(inner, from, platform, signal);
    throw new ImageSpecError("IMAGE_NOT_FOUND", `"${from.reference}" has no image for "${platform}"`, {
      hint: `build it with --platform ${platform}`,
      details: { reference: from.reference, platform },
    });
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of await from.source.openBlob(document.config, { signal })) chunks.push(chunk);
  const config = parseImageConfig(Buffer.concat(chunks));
  return {
    ...from,
    descriptor: stored.descriptor,
    manifest: document,
    config,
    platform: formatPlatform(platformOfConfig(config)),
  };
}
