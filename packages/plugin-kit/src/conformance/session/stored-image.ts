import type { Digest, ImageConfig, ImageManifest, ImageSource } from "@imagespec/oci";
import { parseDigest } from "@imagespec/oci";
import type { ImageFile } from "../../contents/image-file.ts";
import { layerFiles } from "../../contents/layer-files.ts";
import { readImage } from "../../contents/read-image.ts";

/** An image that a builder made, read anew from where it went. */
export interface StoredImage {
  readonly source: ImageSource;
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** Flattened; contents up to 64 KiB are kept. */
  readonly files: ReadonlyMap<string, ImageFile>;
}

/** Reads an image of the default platform. @throws IMAGE_NOT_FOUND, STORE_CORRUPT, DIGEST_MISMATCH */
export async function readStoredImage(source: ImageSource, digest: string): Promise<StoredImage> {
  const reference = { digest: parseDigest(digest) };
  const { manifest, config } = await readImage(source, reference);
  const files = await layerFiles(source, reference, { keepContent: (_path, size) => size <= 64 * 1024 });
  return { source, digest: reference.digest, manifest, config, files };
}

/** The text of a file of an image; nothing when it is none, or too large. */
export function textOf(files: ReadonlyMap<string, ImageFile>, path: string): string | undefined {
  const content = files.get(path)?.content;
  return content === undefined ? undefined : Buffer.from(content).toString();
}
