import { abortedError, throwIfAborted } from "@imagespec/errors";

/**
 * The same stream, ending with `ABORTED` as soon as the signal is triggered, even while the next chunk is awaited.
 *
 * @throws ABORTED
 */
export async function* abortable(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (signal === undefined) return yield* stream;
  throwIfAborted(signal);
  const chunks = stream[Symbol.asyncIterator]();
  let giveUp: (reason: unknown) => void = () => undefined;
  const onAbort = (): void => giveUp(abortedError(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  let isOpen = true;
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        giveUp = reject;
        chunks.next().then(resolve, reject);
      });
      if (next.done === true) {
        isOpen = false;
        return;
      }
      yield next.value;
      throwIfAborted(signal);
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Not awaited: a stream that hangs in its pending `next` would not answer before that.
    if (isOpen) chunks.return?.().catch(() => undefined);
  }
}
