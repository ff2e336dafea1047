/** Runs a task when fewer than the limit are running; tasks start in the order they were given. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

/** A limiter for `limit` tasks at the same time. */
export function createLimiter(limit: number): Limiter {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      // The place passes to the next one without becoming free in between.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
