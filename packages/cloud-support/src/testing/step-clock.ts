import { abortedError, throwIfAborted } from "@imagespec/errors";
import type { Clock } from "../clock.ts";

/** Time that passes only while somebody waits, and then at once. */
export function stepClock(): Clock & { readonly waits: readonly number[] } {
  const waits: number[] = [];
  let now = 0;
  return {
    waits,
    now: () => now,
    async sleep(ms, signal) {
      throwIfAborted(signal);
      waits.push(ms);
      // Whoever else wants to run does so before.
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted) throw abortedError(signal);
      now += ms;
    },
  };
}
