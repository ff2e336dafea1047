import type { Writable } from "node:stream";

/** Writes a chunk and resolves when the stream has passed it on. @throws Error also when the stream closes without saying why */
export function write(sink: Writable, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = (): void => reject(new Error("the stream was closed"));
    sink.once("close", closed);
    sink.write(chunk, (error) => {
      sink.off("close", closed);
      if (error) reject(error);
      else resolve();
    });
  });
}
