import type { Descriptor } from "@imagespec/oci";
import type { ContentStore } from "../content/content-store.ts";
import type { OciLayout } from "../layout/oci-layout.ts";

/** What {@link LocalImageStore.collectGarbage} may remove. */
export interface CollectGarbageOptions {
  /**
   * Content that no image needs stays for this long after its last use, in milliseconds: layers and wheels make the next build
   * fast. 0 takes also what a running build has just written.
   *
   * @default 30 days
   */
  readonly unusedForMs?: number;
  /** Bytes of content that no image needs; the longest unused goes first. @default no limit */
  readonly maxBytes?: number;
  /** Only counts. @default false */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/** What a garbage collection removed. */
export interface CollectedGarbage {
  /** Files. */
  readonly removed: number;
  readonly bytes: number;
}

/**
 * The user's images on this machine: an OCI layout over the content store that caches share.
 *
 * Names are full references. `tag` in the calls of source and sink means such a reference, short (`python:3.12`) or canonical;
 * it is kept canonical. For reading, a reference without tag and digest means `latest`; for writing it is refused.
 */
export interface LocalImageStore extends OciLayout {
  readonly content: ContentStore;
  /** The image of a reference; with a digest, whatever has that digest. @throws REFERENCE_INVALID, STORE_CORRUPT */
  resolve(reference: string): Promise<Descriptor | undefined>;
  /** Takes an image's name away; its content is garbage then, unless another image has it. False when there was none. */
  remove(reference: string): Promise<boolean>;
  /**
   * Removes content that no image needs and nobody used for a while.
   *
   * @throws STORE_CORRUPT when a manifest cannot be read (nothing is removed then), STORE_UNUSABLE, ABORTED
   */
  collectGarbage(options?: CollectGarbageOptions): Promise<CollectedGarbage>;
}
