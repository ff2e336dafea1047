import { abortedError, type ImageSpecError, throwIfAborted } from "@imagespec/errors";
import type { RetryInfo } from "../registry-client-options.ts";
import { onAbort } from "../transport/on-abort.ts";

export interface RetryPolicy {
  readonly attempts: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly onRetry?: ((info: RetryInfo) => void) | undefined;
}

/** A registry that asks for a longer wait than this gets none: the error tells the user instead. */
const longestRetryAfterMs = 120_000;

/** One attempt failed: with the error to throw in the end, and whether another attempt makes sense. */
export class AttemptFailure extends Error {
  readonly error: ImageSpecError;
  readonly retry: boolean;
  /** Wait that the registry asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(error: ImageSpecError, options: { readonly retry: boolean; readonly retryAfterMs?: number | undefined }) {
    super(error.message, { cause: error });
    this.error = error;
    this.retry = options.retry;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export interface RetryOptions {
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** @default the policy's */
  readonly attempts?: number | undefined;
}

/** Repeats an attempt that rejects with a retryable {@link AttemptFailure}; anything else passes through. */
export async function retry<T>(
  policy: RetryPolicy,
  options: RetryOptions,
  attempt: (number: number) => Promise<T>,
): Promise<T> {
  const attempts = options.attempts ?? policy.attempts;
  for (let number = 1; ; number++) {
    throwIfAborted(options.signal);
    try {
      return await attempt(number);
    } catch (failure) {
      if (!(failure instanceof AttemptFailure)) throw failure;
      await beforeNextAttempt(policy, options, failure, { number, attempts });
    }
  }
}

/** Waits as the policy says before the next attempt, or throws the error when there is none. */
export async function beforeNextAttempt(
  policy: RetryPolicy,
  options: RetryOptions,
  failure: AttemptFailure,
  count: { readonly number: number; readonly attempts: number },
): Promise<void> {
  throwIfAborted(options.signal);
  const tooLong = failure.retryAfterMs !== undefined && failure.retryAfterMs > longestRetryAfterMs;
  if (!failure.retry || tooLong || count.number >= count.attempts) throw failure.error;
  const delayMs = failure.retryAfterMs ?? backOff(policy, count.number);
  policy.onRetry?.({ what: options.what, attempt: count.number, delayMs, reason: failure.error.message });
  await sleep(delayMs, options.signal);
}

/** Doubles from attempt to attempt; half of it is random, so that many clients do not come back at once. */
export function backOff(policy: RetryPolicy, attempt: number, random: () => number = Math.random): number {
  const full = Math.min(policy.maxDelayMs, policy.minDelayMs * 2 ** (attempt - 1));
  return Math.round(full / 2 + (full / 2) * random());
}

/** Milliseconds from a `Retry-After` header, which holds seconds or a date (RFC 9110, 10.2.3). */
export function parseRetryAfter(value: string | undefined, now: number = Date.now()): number | undefined {
  const text = value?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  // Date.parse takes much that is no date of HTTP, such as a negative number.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, () => {
      clearTimeout(timer);
      reject(abortedError(signal));
    });
    const timer = setTimeout(() => {
      stopListening();
      resolve();
    }, ms);
  });
}
