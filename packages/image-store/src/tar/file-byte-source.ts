import type { FileHandle } from "node:fs/promises";
import { readFileRange } from "../disk/read-file-range.ts";
import type { ByteSource } from "./byte-source.ts";

/** A byte source over an open file: skipping costs nothing. */
export class FileByteSource implements ByteSource {
  readonly #file: FileHandle;
  readonly #size: number;
  #offset = 0;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  get offset(): number {
    return this.#offset;
  }

  async read(length: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.stream(length)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async *stream(length: number): AsyncGenerator<Uint8Array> {
    const end = Math.min(this.#offset + length, this.#size);
    for await (const chunk of readFileRange(this.#file, this.#offset, end)) {
      this.#offset += chunk.length;
      yield chunk;
    }
  }

  async skip(length: number): Promise<number> {
    const skipped = Math.min(length, this.#size - this.#offset);
    this.#offset += skipped;
    return skipped;
  }
}
