import { abortedError, throwIfAborted } from "@imagespec/errors";
import { onAbort } from "../transport/on-abort.ts";

/**
 * Works on items with a bounded number at once. The first failure aborts the others and is thrown after all of them ended,
 * so that nothing goes on behind the caller's back.
 */
export async function runParallel<T>(
  items: readonly T[],
  concurrency: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  throwIfAborted(signal);
  const controller = new AbortController();
  const stopListening = onAbort(signal, () => controller.abort(abortedError(signal)));
  const queue = items.values();
  let failure: { readonly error: unknown } | undefined;

  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (controller.signal.aborted) return;
      try {
        await work(item, controller.signal);
      } catch (error) {
        failure ??= { error };
        controller.abort(error);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, Math.min(concurrency, items.length)) }, worker));
  } finally {
    stopListening();
  }
  if (signal?.aborted) throw abortedError(signal);
  if (failure !== undefined) throw failure.error;
}
