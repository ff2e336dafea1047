import { abortedError, throwIfAborted } from "@imagespec/errors";

/** Time as far as waiting needs it: tests bring their own. */
export interface Clock {
  /** Milliseconds; only differences mean something. */
  now(): number;
  /** @throws ABORTED as soon as the signal is triggered */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The time of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      throwIfAborted(signal);
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(abortedError(signal));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};
