import { ImageSpecError } from "@imagespec/errors";
import type { ContentStore } from "@imagespec/image-store";
import { type BlobSource, type ImageSource, maxManifestSize, type StoredManifest } from "@imagespec/oci";
import type { OpenedBase } from "../open-base.ts";
import { blobSizes } from "../relay/served-image.ts";

/** An image whose blobs are in the content store, in its base, or already in the output. */
export function spooledImage(
  content: ContentStore,
  base: OpenedBase | undefined,
  manifest: StoredManifest,
  output?: BlobSource,
): ImageSource {
  const inBase = base === undefined ? undefined : blobSizes(base.manifest);
  return {
    hasBlob: async (digest) => inBase?.has(digest) === true || content.has(digest),
    async openBlob({ digest, size }, options) {
      if (await content.has(digest)) return content.open(digest);
      if (base !== undefined && inBase?.has(digest)) return base.image.source.openBlob({ digest, size }, options);
      if (output !== undefined) return output.openBlob({ digest, size }, options);
      throw new ImageSpecError("INTERNAL", `the blob "${digest}" of the build is not there`);
    },
    async readManifest({ digest }) {
      if (digest === manifest.descriptor.digest) return manifest;
      if (digest === undefined || !(await content.has(digest))) return undefined;
      const bytes = await content.read(digest, { maxSize: maxManifestSize });
      return { descriptor: { ...manifest.descriptor, digest, size: bytes.length }, bytes };
    },
  };
}
