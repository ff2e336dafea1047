/** What a tar entry is. Contiguous files count as files. */
export type TarEntryType = "file" | "directory" | "symlink" | "hardlink" | "character-device" | "block-device" | "fifo";

/** One entry of a tar archive, after pax and GNU extensions have been applied. */
export interface TarHeader {
  /**
   * As stored, but without the trailing slash of a directory; never empty, not checked for `..` or a leading slash.
   * A byte that is not UTF-8 is the lone surrogate U+DC00 + byte (Python's `surrogateescape`), so names never collide.
   */
  readonly path: string;
  readonly type: TarEntryType;
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for everything but files. */
  readonly size: number;
  /** Seconds since the epoch; may be negative or have a fraction. */
  readonly mtime: number;
  /** Target of a symlink or hardlink, as stored. */
  readonly linkPath?: string;
  readonly uname?: string;
  readonly gname?: string;
  /** Pax records that no other field holds, such as `SCHILY.xattr.security.capability`. */
  readonly pax?: Readonly<Record<string, string>>;
  readonly devMajor?: number;
  readonly devMinor?: number;
}

/** An entry together with its content. */
export interface TarEntry {
  readonly header: TarHeader;
  /** Must be read before the next entry is asked for; what is left unread is skipped. Readable once. */
  readonly content: AsyncIterable<Uint8Array>;
}
