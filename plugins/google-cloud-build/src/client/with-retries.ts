import { type Clock, systemClock } from "@imagespec/cloud-support";
import type { BuilderEvent } from "@imagespec/core";
import { isTransient, readFailure } from "../errors/google-failure.ts";

export interface RetryOptions {
  /** In words, for the event: `start the build`. */
  readonly what: string;
  readonly emit: (event: BuilderEvent) => void;
  readonly signal: AbortSignal;
  /** Whether the call may be made again after it may have been carried out. @default true */
  readonly isRepeatable?: boolean;
  readonly clock?: Clock;
}

/** Attempts for what passes by itself, and for a right that was given only now: bindings take a while to be known everywhere. */
const attempts = { transient: 6, denied: 3 };
const delays = { firstMs: 500, maxMs: 16_000 };

/** Makes a call, and makes it again while that may help. */
export async function withRetries<T>(call: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { what, emit, signal, isRepeatable = true, clock = systemClock } = options;
  for (let attempt = 1, delayMs = delays.firstMs; ; attempt++, delayMs = Math.min(delayMs * 2, delays.maxMs)) {
    try {
      return await call();
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = readFailure(error);
      // Throttled and denied calls were not carried out.
      const isSafe = isRepeatable || failure.status === "RESOURCE_EXHAUSTED" || failure.status === "PERMISSION_DENIED";
      const most = isDenial(failure) ? attempts.denied : isTransient(failure) ? attempts.transient : 1;
      if (!isSafe || attempt >= most) throw error;
      emit({ type: "retry", what, attempt, delayMs, reason: failure.message });
      await clock.sleep(delayMs, signal);
    }
  }
}

function isDenial({ status, reason, message }: ReturnType<typeof readFailure>): boolean {
  return (
    status === "PERMISSION_DENIED" && reason !== "SERVICE_DISABLED" && !/has not been used in project/.test(message)
  );
}
