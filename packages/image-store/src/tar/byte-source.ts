/** Bytes read from front to back. */
export interface ByteSource {
  /** Bytes read or skipped so far. */
  readonly offset: number;
  /** The next bytes; fewer than asked for only at the end. */
  read(length: number): Promise<Uint8Array>;
  /** The next bytes piece by piece; fewer than asked for only at the end. */
  stream(length: number): AsyncIterable<Uint8Array>;
  /** Moves on; may move beyond the end. Returns the bytes that were really there, where that is known. */
  skip(length: number): Promise<number>;
}

/** A byte source over a stream. Nothing is copied but what lies across two chunks and is {@link ByteSource.read}. */
export class StreamByteSource implements ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #offset = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  get offset(): number {
    return this.#offset;
  }

  /** Up to `length` bytes of what is at hand, at least one; empty at the end. */
  async #some(length: number): Promise<Uint8Array> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return this.#rest;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(piece.length);
    this.#offset += piece.length;
    return piece;
  }

  async read(length: number): Promise<Uint8Array> {
    const first = await this.#some(length);
    if (first.length === length || first.length === 0) return first;
    const whole = new Uint8Array(length);
    whole.set(first);
    let filled = first.length;
    for await (const piece of this.stream(length - filled)) {
      whole.set(piece, filled);
      filled += piece.length;
    }
    return whole.subarray(0, filled);
  }

  async *stream(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const piece = await this.#some(left);
      if (piece.length === 0) return;
      left -= piece.length;
      yield piece;
    }
  }

  async skip(length: number): Promise<number> {
    let skipped = 0;
    while (skipped < length) {
      const piece = await this.#some(length - skipped);
      if (piece.length === 0) break;
      skipped += piece.length;
    }
    return skipped;
  }

  /** Tells the stream that no more will be read. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
