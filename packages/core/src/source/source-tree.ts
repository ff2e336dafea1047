import type { Digest } from "@imagespec/oci";

/** One file that goes into the image. */
export interface SourceFile {
  /** Absolute destination in the image, without a trailing slash. */
  readonly destination: string;
  readonly kind: "file" | "directory" | "symlink";
  /** Files only. */
  readonly executable: boolean;
  /** Bytes; 0 for folders and links. */
  readonly size: number;
  /** Of the content; of the target text for links. */
  readonly digest: Digest | undefined;
  /** Links only: the target as it stands. */
  readonly linkTarget: string | undefined;
}

/** The files that were fingerprinted, and the only way to their content. */
export interface SourceTree {
  readonly files: readonly SourceFile[];
  /** Sum of the sizes in bytes. */
  readonly size: number;
  /**
   * The content of a file.
   *
   * @throws SOURCE_CHANGED at its end when it is no longer what was fingerprinted
   */
  open(file: SourceFile): AsyncIterable<Uint8Array>;
  /** Walks everything again and throws SOURCE_CHANGED when a file was edited, added or removed since. */
  verify(signal?: AbortSignal): Promise<void>;
}
