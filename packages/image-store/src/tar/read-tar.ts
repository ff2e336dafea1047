import { StreamByteSource } from "./byte-source.ts";
import { readTarEntries } from "./read-tar-entries.ts";
import type { TarEntry } from "./tar-entry.ts";

/**
 * Reads an uncompressed tar stream: v7, ustar, star, GNU and pax, with long names, binary sizes and extended attributes.
 * What follows the end of the archive is read to the end too, so that a digest computed over the stream is complete.
 *
 * @throws STORE_CORRUPT for damage, sparse files and unknown entry types, with the offset in `details`
 */
export async function* readTar(stream: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = new StreamByteSource(stream);
  try {
    for await (const { header, content } of readTarEntries(source)) yield { header, content };
    await source.skip(Number.POSITIVE_INFINITY);
  } finally {
    await source.close();
  }
}
