import type { Digest } from "@imagespec/oci";
import type { TemporaryFile } from "../disk/partial-folder.ts";

/** How content is read. */
export interface OpenContentOptions {
  /** First byte. @default 0 */
  readonly start?: number;
  /** The byte after the last one. @default the size */
  readonly end?: number;
  /** Checks the digest while reading and fails at the end. Only for whole content. @default true without start and end */
  readonly verify?: boolean;
  /** Whether {@link StoredContent.lastUsed} changes. @default true */
  readonly countAsUse?: boolean;
}

/** How content is written. */
export interface WriteContentOptions {
  /** Content with another digest is refused and leaves nothing behind. Also chooses the algorithm. */
  readonly expected?: Digest;
  /** Content of another size is refused, as soon as it is too long. */
  readonly size?: number;
  readonly signal?: AbortSignal;
  /** Called with the bytes taken so far. */
  readonly onProgress?: (bytes: number) => void;
}

/** Content as {@link ContentStore.list} finds it. */
export interface StoredContent {
  readonly digest: Digest;
  /** Bytes on disk. */
  readonly size: number;
  /** When it was last written, read or asked for, to the hour: the modification time of the file. */
  readonly lastUsed: Date;
}

/**
 * Files named by the digest of their content, in the folders of an OCI layout: `blobs/<algorithm>/<hex>`.
 *
 * Safe for several processes at once and against being killed at any moment: content is written in `partial/` and renamed when
 * it is complete and checked. It is not flushed to the disk first: after a power cut a file can be short or empty, which
 * reading finds. A store on a read-only disk can be read.
 */
export interface ContentStore {
  readonly root: string;
  /** Whether the content is there, by its name alone. @throws STORE_UNUSABLE */
  has(digest: Digest): Promise<boolean>;
  /** Size in bytes, or nothing when it is absent. Counts as a use. @throws STORE_UNUSABLE */
  stat(digest: Digest): Promise<{ readonly size: number } | undefined>;
  /**
   * Streams content; the file is opened by the first read.
   *
   * @throws IMAGE_NOT_FOUND when absent, STORE_CORRUPT at the end when it is damaged
   */
  open(digest: Digest, options?: OpenContentOptions): AsyncIterable<Uint8Array>;
  /**
   * Reads small content whole; always verified.
   *
   * @throws IMAGE_NOT_FOUND, STORE_CORRUPT, MANIFEST_INVALID when it is larger than `maxSize` bytes
   */
  read(digest: Digest, options?: { readonly maxSize?: number }): Promise<Uint8Array>;
  /** Where the content is, or would be. */
  path(digest: Digest): string;
  /**
   * Writes content and gives its digest and size. Chunks must not be changed after they were handed over.
   *
   * @throws DIGEST_MISMATCH when it is not as expected, DISK_FULL, STORE_UNUSABLE, ABORTED
   */
  write(
    content: AsyncIterable<Uint8Array> | Uint8Array,
    options?: WriteContentOptions,
  ): Promise<{ readonly digest: Digest; readonly size: number }>;
  /**
   * Moves a finished {@link ContentStore.temporaryFile} to where its digest, which the caller has computed, belongs.
   *
   * @throws INTERNAL for a file from elsewhere, DISK_FULL, STORE_UNUSABLE
   */
  adopt(file: string, digest: Digest): Promise<void>;
  /** A free file name in `partial/`; the file is removed on disposal unless it was adopted. */
  temporaryFile(suffix?: string): Promise<TemporaryFile>;
  /** Removes content; absent content is fine. @throws STORE_UNUSABLE */
  remove(digest: Digest): Promise<void>;
  /** All content, in no order. */
  list(): AsyncIterable<StoredContent>;
}
