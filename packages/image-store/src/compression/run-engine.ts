import { once } from "node:events";
import type { Transform } from "node:stream";
import type { PushbackSource } from "./pushback-source.ts";

/** A decompressor of `node:zlib`. */
export type Engine = Transform & {
  /** Bytes of input that it has used. */
  readonly bytesWritten: number;
};

/** Input that was given to an engine, as far as it may not have used it. */
class GivenInput {
  #chunks: Uint8Array[] = [];
  /** Bytes before the first chunk. */
  #dropped = 0;

  add(chunk: Uint8Array, used: number): void {
    this.#chunks.push(chunk);
    for (
      let [first] = this.#chunks;
      first !== undefined && this.#dropped + first.length <= used;
      [first] = this.#chunks
    ) {
      this.#dropped += first.length;
      this.#chunks.shift();
    }
  }

  unused(used: number): readonly Uint8Array[] {
    let skip = used - this.#dropped;
    const rest: Uint8Array[] = [];
    for (const chunk of this.#chunks) {
      if (skip < chunk.length) rest.push(chunk.subarray(Math.max(skip, 0)));
      skip -= chunk.length;
    }
    return rest;
  }
}

/**
 * Feeds an engine from a source and yields its output. An engine may end before its input does: what it did not use is put back.
 */
export async function* runEngine(engine: Engine, source: PushbackSource): AsyncGenerator<Uint8Array> {
  const given = new GivenInput();
  const stop = new AbortController();
  const feed = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const chunk = await source.next();
      if (chunk === undefined) {
        engine.end();
        return;
      }
      given.add(chunk, engine.bytesWritten);
      if (stop.signal.aborted || engine.write(chunk)) continue;
      try {
        await once(engine, "drain", { signal: stop.signal });
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
    }
  };
  // A source that fails ends the output with its error.
  const feeding = feed().catch((error: Error) => void engine.destroy(error));
  try {
    yield* engine;
    stop.abort();
    await feeding;
    source.unread(given.unused(engine.bytesWritten));
  } finally {
    stop.abort();
    engine.destroy();
  }
}
