// No name, no time, "unknown" operating system: the header is the same everywhere.
const header: Uint8Array = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff);

/** What stands before the deflate stream of a gzip member (RFC 1952). */
export const gzipHeader: Uint8Array = header;

/** What stands behind it. `size`: bytes of the plain content. */
export function gzipTrailer(crc32: number, size: number): Uint8Array {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32 >>> 0, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  return trailer;
}
