import { abortedError, ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { type Clock, systemClock } from "../clock.ts";

export interface PollerOptions<State> {
  /** The states of builds, in one request; those that the cloud does not know yet are left out. */
  readonly fetch: (ids: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, State>>;
  readonly isFinal: (state: State) => boolean;
  /** Whether a state says something new: then the next look comes soon again. @default another JSON text */
  readonly isNews?: (before: State | undefined, now: State) => boolean;
  /** Milliseconds between two looks: the first, growing by half each time to the last. @default 2000, 10000 */
  readonly interval?: { readonly firstMs: number; readonly maxMs: number };
  /** For how long a build may be unknown after its start, in milliseconds. @default 30000 */
  readonly missingMs?: number;
  /** Looks that may fail in a row. @default 8 */
  readonly failures?: number;
  /** Ids in one request. @default 100 */
  readonly batch?: number;
  /** Whether a failed look is worth another one. @default all are */
  readonly isTransient?: (error: unknown) => boolean;
  /** For the error about a build that stays unknown: `aws`. */
  readonly provider: string;
  readonly clock?: Clock;
}

export interface Poller<State> {
  /** Resolves with the final state. @throws ABORTED, CLOUD_NOT_FOUND for a build that stays unknown, and what `fetch` throws */
  watch(
    id: string,
    options: { readonly signal: AbortSignal; readonly onState?: (state: State) => void },
  ): Promise<State>;
}

interface Watch<State> {
  readonly id: string;
  readonly since: number;
  readonly onState: ((state: State) => void) | undefined;
  readonly end: (result: { readonly state: State } | { readonly error: unknown }) => void;
  delayMs: number;
  dueAt: number;
  last: State | undefined;
}

/** One loop for all builds of a region: it runs while something is watched, and asks for what is due in one request. */
export function createPoller<State>(options: PollerOptions<State>): Poller<State> {
  const { clock = systemClock, interval = { firstMs: 2000, maxMs: 10_000 } } = options;
  const watches = new Set<Watch<State>>();
  let wake: AbortController | undefined;
  let isRunning = false;

  const loop = async (): Promise<void> => {
    let failed = 0;
    for (;;) {
      if (watches.size === 0) {
        isRunning = false;
        return;
      }
      const dueAt = Math.min(...[...watches].map((watch) => watch.dueAt));
      wake = new AbortController();
      if (!(await slept(clock, dueAt - clock.now(), wake.signal))) continue;
      // Whoever is due soon goes along.
      const due = [...watches].filter((watch) => watch.dueAt <= clock.now() + interval.firstMs / 2);
      failed = await lookAt(due.slice(0, options.batch ?? 100), failed);
    }
  };
  const start = (): void => {
    wake?.abort();
    if (isRunning) return;
    isRunning = true;
    void loop();
  };

  const lookAt = async (due: readonly Watch<State>[], failed: number): Promise<number> => {
    const ids = [...new Set(due.map(({ id }) => id))];
    if (ids.length === 0) return failed;
    const controller = new AbortController();
    let states: ReadonlyMap<string, State>;
    try {
      states = await options.fetch(ids, controller.signal);
    } catch (error) {
      const isLast = failed + 1 >= (options.failures ?? 8) || options.isTransient?.(error) === false;
      for (const watch of due) isLast ? watch.end({ error }) : postpone(watch);
      return isLast ? 0 : failed + 1;
    }
    for (const watch of due) {
      if (!watches.has(watch)) continue;
      const state = states.get(watch.id);
      if (state === undefined) missing(watch);
      else take(watch, state);
    }
    return 0;
  };

  const postpone = (watch: Watch<State>): void => {
    watch.delayMs = Math.min(watch.delayMs * 1.5, interval.maxMs);
    watch.dueAt = clock.now() + watch.delayMs;
  };
  const missing = (watch: Watch<State>): void => {
    if (clock.now() - watch.since < (options.missingMs ?? 30_000)) postpone(watch);
    else
      watch.end({
        error: new ImageSpecError("CLOUD_NOT_FOUND", `the build "${watch.id}" is not known to the cloud`, {
          hint: "look for it in the console, and build again",
          details: { provider: options.provider, build: watch.id },
        }),
      });
  };
  const take = (watch: Watch<State>, state: State): void => {
    const isNews = (options.isNews ?? differs)(watch.last, state);
    watch.last = state;
    if (isNews) watch.onState?.(state);
    if (options.isFinal(state)) watch.end({ state });
    else {
      if (isNews) watch.delayMs = interval.firstMs / 1.5;
      postpone(watch);
    }
  };

  return {
    watch: (id, { signal, onState }) =>
      new Promise<State>((resolve, reject) => {
        throwIfAborted(signal);
        const watch: Watch<State> = {
          id,
          since: clock.now(),
          onState,
          delayMs: interval.firstMs,
          dueAt: clock.now() + interval.firstMs,
          last: undefined,
          end: (result) => {
            watches.delete(watch);
            signal.removeEventListener("abort", onAbort);
            if ("state" in result) resolve(result.state);
            else reject(result.error);
            wake?.abort();
          },
        };
        const onAbort = (): void => watch.end({ error: abortedError(signal) });
        signal.addEventListener("abort", onAbort, { once: true });
        watches.add(watch);
        start();
      }),
  };
}

function differs(before: unknown, now: unknown): boolean {
  return JSON.stringify(before) !== JSON.stringify(now);
}

/** Whether the whole time has passed. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (ms <= 0) return true;
  try {
    await clock.sleep(ms, signal);
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
