import { abortedError, type ImageSpecError } from "@imagespec/errors";
import { type Clock, systemClock } from "../clock.ts";

/**
 * Runs something under a signal that is also triggered when its time is over.
 *
 * @throws the error of `onLimit` then, ABORTED, and what `run` throws
 */
export async function withTimeLimit<T>(
  run: (signal: AbortSignal) => Promise<T>,
  options: {
    readonly limitMs: number;
    readonly onLimit: () => ImageSpecError;
    readonly clock?: Clock;
    readonly signal: AbortSignal;
  },
): Promise<T> {
  const { limitMs, onLimit, clock = systemClock, signal } = options;
  const [limit, timer] = [new AbortController(), new AbortController()];
  const watch = async (): Promise<void> => {
    try {
      await clock.sleep(limitMs, AbortSignal.any([signal, timer.signal]));
      limit.abort(onLimit());
    } catch (error) {
      if (!signal.aborted && !timer.signal.aborted) throw error;
    }
  };
  const watching = watch();
  try {
    return await run(AbortSignal.any([signal, limit.signal]));
  } catch (error) {
    if (limit.signal.aborted && !signal.aborted) throw abortedError(limit.signal);
    throw error;
  } finally {
    timer.abort();
    await watching;
  }
}
