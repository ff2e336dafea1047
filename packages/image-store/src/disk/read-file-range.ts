import type { FileHandle } from "node:fs/promises";

const chunkSize = 256 * 1024;

/** The bytes of an open file from `start` up to, not including, `end`; ends early where the file does. */
export async function* readFileRange(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    const chunk = new Uint8Array(Math.min(chunkSize, end - at));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}
