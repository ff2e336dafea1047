import type { TarEntryType } from "@imagespec/image-store";
import type { Digest } from "@imagespec/oci";

/** A file of an image as a container would see it. */
export interface ImageFile {
  readonly type: TarEntryType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch. */
  readonly mtime: number;
  /** Of a hard link, that of its target. */
  readonly size: number;
  /** Content of a file, or of the target of a hard link. */
  readonly digest?: Digest;
  /** Target of a symbolic link as written, of a hard link as an absolute path. */
  readonly linkPath?: string;
  /** Content, where it was asked for. */
  readonly content?: Uint8Array;
  /** Position of the layer it comes from, the lowest is 0. */
  readonly layer: number;
}
