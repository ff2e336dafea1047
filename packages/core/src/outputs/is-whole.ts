import { isImageSpecError } from "@imagespec/errors";
import type { OciLayout } from "@imagespec/image-store";
import { type Descriptor, isForeignLayer, isImageIndex, parseManifest, type StoredManifest } from "@imagespec/oci";

/**
 * Whether everything that an image consists of is in a layout, by name and size. Platforms of an index may be absent as a whole;
 * foreign layers are elsewhere.
 */
export async function isWhole(layout: OciLayout, image: StoredManifest): Promise<boolean> {
  const manifest = parseManifest(image.bytes, image.descriptor.mediaType);
  if (isImageIndex(manifest)) {
    for (const { digest } of manifest.manifests) {
      const child = await layout.readManifest({ digest });
      if (child !== undefined && !(await isWhole(layout, child))) return false;
    }
    return true;
  }
  const isThere = async (blob: Descriptor): Promise<boolean> => {
    if (isForeignLayer(blob.mediaType)) return true;
    try {
      // What it gives is not read.
      await layout.openBlob(blob);
      return true;
    } catch (error) {
      if (isImageSpecError(error, "IMAGE_NOT_FOUND") || isImageSpecError(error, "STORE_CORRUPT")) return false;
      throw error;
    }
  };
  const parts = await Promise.all([manifest.config, ...manifest.layers].map(isThere));
  return !parts.includes(false);
}
