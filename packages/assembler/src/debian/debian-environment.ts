import type { ContentStore } from "@imagespec/image-store";
import type { DebianArchive } from "./debian-release.ts";

/**
 * Opens a URL as a stream of bytes.
 *
 * Rejects with an `ImageSpecError` whose `details.status` is the HTTP status where the server answered (404: the file is
 * not there), and with INDEX_DOWN where it could not be reached. The stream fails as soon as it exceeds `maxSize` bytes.
 */
export type DebianFetcher = (
  url: string,
  options: { readonly signal?: AbortSignal; readonly maxSize: number },
) => Promise<AsyncIterable<Uint8Array>>;

/** A file that is being worked on; `current` counts from 1. */
export interface DebianProgress {
  readonly kind: "index" | "package";
  /** Suite of an index, or `name version` of a package. */
  readonly item: string;
  readonly current: number;
  readonly total?: number;
}

/** What the Debian base needs of the world. */
export interface DebianEnvironment {
  /** Keeps indexes and packages by their digest: a file that is there is never downloaded again. */
  readonly content: ContentStore;
  readonly fetch: DebianFetcher;
  readonly archive: DebianArchive;
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: DebianProgress) => void;
  /**
   * Downloads at the same time.
   *
   * @default 8
   */
  readonly maxDownloads?: number;
}
