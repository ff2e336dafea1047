/** How many builds run at once; the others wait in the queue. */
export interface Slots {
  limit: number;
  /** Waits for one; the result gives it back. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createSlots(limit: number): Slots {
  let taken = 0;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of waiting) check();
  };
  const slots: Slots = {
    limit,
    take(signal) {
      return new Promise((resolve, reject) => {
        const check = () => {
          if (taken >= slots.limit) return;
          leave();
          taken += 1;
          let given = true;
          resolve(() => {
            if (given) taken -= 1;
            given = false;
            wake();
          });
        };
        const abort = () => {
          leave();
          reject(signal.reason);
        };
        const leave = () => {
          waiting.delete(check);
          signal.removeEventListener("abort", abort);
        };
        waiting.add(check);
        signal.addEventListener("abort", abort, { once: true });
        if (signal.aborted) abort();
        else check();
      });
    },
  };
  return slots;
}
