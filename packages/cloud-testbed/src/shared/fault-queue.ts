/** What every scripted fault says; the cloud adds what happens. */
export interface ScriptedFault {
  /** The operation that it strikes. */
  readonly op: string;
  /** How many calls it strikes. @default 1 */
  readonly times?: number;
  /** How many calls pass before it strikes. @default 0 */
  readonly after?: number;
}

/** Faults that wait for the calls they strike. */
export interface FaultQueue<F extends ScriptedFault> {
  push(...faults: readonly F[]): void;
  /** The fault that strikes this call, if one does: the oldest that waits for it. */
  take(op: string, applies?: (fault: F) => boolean): F | undefined;
  /** Those that have strikes left, so that a test can see that all of its faults happened. */
  readonly pending: readonly F[];
  clear(): void;
}

export function createFaultQueue<F extends ScriptedFault>(): FaultQueue<F> {
  let waiting: { readonly fault: F; skip: number; left: number }[] = [];
  return {
    push(...faults) {
      for (const fault of faults) waiting.push({ fault, skip: fault.after ?? 0, left: fault.times ?? 1 });
    },
    take(op, applies = () => true) {
      for (const entry of waiting) {
        if (entry.fault.op !== op || !applies(entry.fault)) continue;
        if (entry.skip > 0) {
          entry.skip -= 1;
          continue;
        }
        entry.left -= 1;
        if (entry.left <= 0) waiting = waiting.filter((other) => other !== entry);
        return entry.fault;
      }
      return undefined;
    },
    get pending() {
      return waiting.map(({ fault }) => fault);
    },
    clear() {
      waiting = [];
    },
  };
}
