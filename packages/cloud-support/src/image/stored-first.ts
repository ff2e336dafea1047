import type { ContentStore } from "@imagespec/image-store";
import type { ImageSource } from "@imagespec/oci";

/** A source whose blobs come from the content store where that has them. */
export function storedFirst(source: ImageSource, content: ContentStore): ImageSource {
  return {
    readManifest: (reference, options) => source.readManifest(reference, options),
    hasBlob: (...asked) => source.hasBlob(...asked),
    async openBlob(blob, options) {
      const stored = await content.stat(blob.digest);
      return stored?.size === blob.size ? content.open(blob.digest) : source.openBlob(blob, options);
    },
  };
}
