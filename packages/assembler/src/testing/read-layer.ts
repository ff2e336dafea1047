import { decompress, readTar, type TarHeader } from "@imagespec/image-store";

/** The entries of a layer by path, with the content of files. */
export async function readLayer(
  blob: AsyncIterable<Uint8Array>,
): Promise<ReadonlyMap<string, { readonly header: TarHeader; readonly content: Buffer }>> {
  const entries = new Map<string, { readonly header: TarHeader; readonly content: Buffer }>();
  for await (const { header, content } of readTar(decompress(blob))) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    entries.set(header.path, { header, content: Buffer.concat(chunks) });
  }
  return entries;
}
