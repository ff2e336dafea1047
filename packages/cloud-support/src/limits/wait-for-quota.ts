import { isImageSpecError } from "@imagespec/errors";
import { type Clock, systemClock } from "../clock.ts";

export interface QuotaOptions {
  /** For how long it is tried in all, in milliseconds. */
  readonly limitMs: number;
  /** Told before each wait. */
  readonly onWait: (wait: { readonly attempt: number; readonly delayMs: number; readonly reason: string }) => void;
  /** Milliseconds before the second attempt; doubles up to a minute. @default 5000 */
  readonly firstMs?: number;
  readonly clock?: Clock;
  readonly signal: AbortSignal;
}

/**
 * Starts something as soon as a quota has room for it: repeats what fails with `CLOUD_QUOTA`, unless `details.isFinal` says that no
 * wait will help. @throws CLOUD_QUOTA when the time is over, ABORTED, and what `start` throws
 */
export async function waitForQuota<T>(start: () => Promise<T>, options: QuotaOptions): Promise<T> {
  const { limitMs, onWait, firstMs = 5000, clock = systemClock, signal } = options;
  const startedAt = clock.now();
  for (let attempt = 1, delayMs = firstMs; ; attempt++, delayMs = Math.min(delayMs * 2, 60_000)) {
    try {
      return await start();
    } catch (error) {
      if (!isImageSpecError(error, "CLOUD_QUOTA") || error.details["isFinal"] === true) throw error;
      if (clock.now() - startedAt + delayMs > limitMs) throw error;
      onWait({ attempt, delayMs, reason: error.message });
      await clock.sleep(delayMs, signal);
    }
  }
}
