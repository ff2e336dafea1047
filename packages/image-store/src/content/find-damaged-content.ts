import { isImageSpecError, throwIfAborted } from "@imagespec/errors";
import type { ContentStore, StoredContent } from "./content-store.ts";

/** Content whose bytes are not those of its digest. */
export interface DamagedContent extends StoredContent {
  readonly path: string;
  /** What is wrong, for people. */
  readonly reason: string;
}

/**
 * Reads everything in a store and yields what is damaged. What is removed meanwhile counts as fine.
 *
 * @throws STORE_UNUSABLE, ABORTED
 */
export async function* findDamagedContent(
  store: ContentStore,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (bytes: number) => void } = {},
): AsyncGenerator<DamagedContent> {
  let bytes = 0;
  for await (const item of store.list()) {
    try {
      for await (const chunk of store.open(item.digest, { verify: true, countAsUse: false })) {
        throwIfAborted(options.signal);
        bytes += chunk.length;
        options.onProgress?.(bytes);
      }
    } catch (error) {
      if (isImageSpecError(error, "STORE_CORRUPT"))
        yield { ...item, path: store.path(item.digest), reason: error.message };
      else if (!isImageSpecError(error, "IMAGE_NOT_FOUND")) throw error;
    }
  }
}
