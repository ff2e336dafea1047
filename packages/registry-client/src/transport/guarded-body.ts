import type { Readable } from "node:stream";
import type { IdleTimer } from "./idle-timer.ts";
import type { ResponseBody } from "./transport.ts";

/**
 * The body of a response under an idle timer that runs only while the reader waits: a slow reader is no dead connection.
 * `explain` turns the error of a stream that this side destroyed into the reason for doing so.
 */
export function guardedBody(stream: Readable, idle: IdleTimer, explain: (error: unknown) => unknown): ResponseBody {
  // Without a listener an error before the first read would be an uncaught exception.
  stream.on("error", () => {});
  idle.arm();
  return {
    destroy: () => {
      idle.disarm();
      stream.destroy();
    },
    [Symbol.asyncIterator]: () => read(stream, idle, explain),
  };
}

async function* read(
  stream: Readable,
  idle: IdleTimer,
  explain: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  // Streams of both HTTP stacks yield buffers unless an encoding is set, and none is.
  const iterator: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      idle.arm();
      const next = await iterator.next();
      idle.disarm();
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throw explain(error);
  } finally {
    idle.disarm();
    if (!stream.readableEnded) stream.destroy();
  }
}
