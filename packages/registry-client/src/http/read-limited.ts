import type { ResponseBody } from "../transport/transport.ts";

/** The whole of a body, or `undefined` when it is longer than the limit in bytes; the rest is then not read. */
export async function readLimited(body: ResponseBody, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}
