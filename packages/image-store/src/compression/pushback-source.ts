/** A stream whose chunks can be put back. */
export class PushbackSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #returned: Uint8Array[] = [];
  #isAtEnd = false;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The next chunk that is not empty; nothing at the end. */
  async next(): Promise<Uint8Array | undefined> {
    const returned = this.#returned.shift();
    if (returned !== undefined) return returned;
    while (!this.#isAtEnd) {
      const next = await this.#chunks.next();
      if (next.done === true) this.#isAtEnd = true;
      else if (next.value.length > 0) return next.value;
    }
    return undefined;
  }

  /** Puts chunks back, before what follows. */
  unread(chunks: readonly Uint8Array[]): void {
    this.#returned = [...chunks, ...this.#returned];
  }

  /** The first bytes of what follows, which stay; fewer only at the end. */
  async peek(length: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    while (size < length) {
      const chunk = await this.next();
      if (chunk === undefined) break;
      chunks.push(chunk);
      size += chunk.length;
    }
    const start = Buffer.concat(chunks);
    if (size > 0) this.unread([start]);
    return start.subarray(0, length);
  }

  /** Tells the stream that no more will be read. */
  async close(): Promise<void> {
    if (!this.#isAtEnd) await this.#chunks.return?.();
  }
}
