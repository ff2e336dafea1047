import { setMaxListeners } from "node:events";

/** Tasks that belong together: when one fails, the others are told to stop, and nothing outlives the scope. */
export interface TaskScope {
  /** Triggered by the caller's signal and by the first failure; the failure is its reason. */
  readonly signal: AbortSignal;
  /** Starts a task. Its failure ends the scope even when nobody awaits the returned promise. */
  start<T>(task: () => Promise<T>): Promise<T>;
}

/** Runs `body` with a scope and waits for every task that it started. Rejects with the first failure. */
export async function withTaskScope<T>(outer: AbortSignal, body: (scope: TaskScope) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  // Every transfer listens; many at once are no leak.
  setMaxListeners(100_000, controller.signal);
  const forward = (): void => controller.abort(outer.reason);
  if (outer.aborted) forward();
  outer.addEventListener("abort", forward, { once: true });
  const tasks: Promise<unknown>[] = [];
  let failure: { readonly error: unknown } | undefined;
  const start = <R>(task: () => Promise<R>): Promise<R> => {
    const running = task().catch((error: unknown) => {
      failure ??= { error };
      controller.abort(error);
      throw error;
    });
    tasks.push(running.catch(() => undefined));
    return running;
  };
  try {
    const result = await start(() => body({ signal: controller.signal, start }));
    // Tasks may start others while they end.
    for (let count = -1; count !== tasks.length; ) {
      count = tasks.length;
      await Promise.all(tasks);
    }
    if (failure !== undefined) throw failure.error;
    return result;
  } catch (error) {
    await Promise.all(tasks);
    throw failure === undefined ? error : failure.error;
  } finally {
    outer.removeEventListener("abort", forward);
  }
}
