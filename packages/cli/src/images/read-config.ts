import { ImageSpecError } from "@imagespec/errors";
import {
  type Descriptor,
  type ImageConfig,
  type ImageManifest,
  type ImageSource,
  maxManifestSize,
  mediaTypes,
  parseImageConfig,
} from "@imagespec/oci";

/** The config of an image; nothing for an artifact, which has another kind of it. @throws MANIFEST_INVALID, and what the source throws */
export async function readConfig(
  source: ImageSource,
  { artifactType, config }: ImageManifest,
  signal: AbortSignal,
): Promise<ImageConfig | undefined> {
  const isImage = config.mediaType === mediaTypes.ociConfig || config.mediaType === mediaTypes.dockerConfig;
  if (!isImage || artifactType !== undefined) return undefined;
  return parseImageConfig(await readSmallBlob(source, config, signal));
}

/** A blob that is small by its nature, whole. @throws MANIFEST_INVALID when it is not small */
export async function readSmallBlob(
  source: ImageSource,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (descriptor.size > maxManifestSize) {
    throw new ImageSpecError("MANIFEST_INVALID", `"${descriptor.digest}" has ${descriptor.size} bytes`, {
      hint: `use an image whose documents have at most ${maxManifestSize} bytes`,
      details: { digest: descriptor.digest },
    });
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of await source.openBlob(descriptor, { signal })) chunks.push(chunk);
  return Buffer.concat(chunks);
}
