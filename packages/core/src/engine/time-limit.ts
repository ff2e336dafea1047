import { abortedError, ImageSpecError, throwIfAborted } from "@imagespec/errors";

/** A signal that ends with any of the given ones, or when the time is up; disposing it stops the clock. */
export interface LimitedSignal extends Disposable {
  readonly signal: AbortSignal;
}

/** @throws never; the signal's reason is BUILD_TIMEOUT when the time is up */
export function limitTime(
  timeoutMs: number | undefined,
  ...signals: readonly (AbortSignal | undefined)[]
): LimitedSignal {
  const controller = new AbortController();
  const sources = signals.filter((signal) => signal !== undefined);
  const forward = (): void => controller.abort(sources.find(({ aborted }) => aborted)?.reason);
  for (const source of sources) {
    if (source.aborted) forward();
    source.addEventListener("abort", forward, { once: true });
  }
  const limit =
    timeoutMs === undefined ? undefined : setTimeout(() => controller.abort(timeoutError(timeoutMs)), timeoutMs);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(limit);
      for (const source of sources) source.removeEventListener("abort", forward);
    },
  };
}

/**
 * The outcome of some work, or `ABORTED` (`BUILD_TIMEOUT`) at once when the signal is triggered, whether or not the work
 * heeds it.
 */
export async function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  throwIfAborted(signal);
  let leave: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(abortedError(signal));
    signal.addEventListener("abort", leave, { once: true });
  });
  const running = work();
  try {
    return await Promise.race([running, aborted]);
  } catch (error) {
    // What abandoned work still rejects with has no reader any more.
    running.catch(() => undefined);
    throw signal.aborted ? abortedError(signal) : error;
  } finally {
    if (leave !== undefined) signal.removeEventListener("abort", leave);
  }
}

function timeoutError(timeoutMs: number): ImageSpecError {
  const limit = timeoutMs % 1000 === 0 ? `${timeoutMs / 1000} s` : `${timeoutMs} ms`;
  return new ImageSpecError("BUILD_TIMEOUT", `the build took longer than its limit of ${limit}`, {
    hint: "raise the time limit, or look in the log for the step that took the time",
    details: { timeoutMs },
  });
}
