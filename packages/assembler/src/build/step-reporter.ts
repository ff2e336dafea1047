import type { BuildRequest } from "@imagespec/core";
import { messageOf } from "@imagespec/errors";

/** What a step may say about itself when it is over. */
export interface StepNotes {
  /** A few words for people. */
  detail?: string;
  /** Nothing had to be done. */
  cached?: boolean;
}

const transferIntervalMs = 100;

/** Emits the events of a build's steps and keeps their times. */
export class StepReporter {
  readonly #emit: BuildRequest["emit"];
  readonly #timings: Record<string, number> = {};

  constructor(emit: BuildRequest["emit"]) {
    this.#emit = emit;
  }

  /** Milliseconds by step name. */
  get timings(): Readonly<Record<string, number>> {
    return { ...this.#timings };
  }

  async run<T>(name: string, spec: string | undefined, body: (notes: StepNotes) => Promise<T>): Promise<T> {
    const started = performance.now();
    const notes: StepNotes = {};
    const step = { type: "step", id: name, name, ...(spec === undefined ? {} : { spec }) } as const;
    const ms = (): number => Math.round(performance.now() - started);
    this.#emit({ ...step, state: "running" });
    try {
      const result = await body(notes);
      this.#timings[name] = ms();
      const detail = notes.detail === undefined ? {} : { detail: notes.detail };
      this.#emit({ ...step, state: notes.cached === true ? "cached" : "done", ms: ms(), ...detail });
      return result;
    } catch (error) {
      this.#timings[name] = ms();
      this.#emit({ ...step, state: "failed", ms: ms(), error: messageOf(error) });
      throw error;
    }
  }

  /** Reports how far a transfer has come, not more often than people can see. */
  transfer(step: string, kind: "pull" | "push", item: string, total: number | undefined): (current: number) => void {
    let last = 0;
    return (current) => {
      const now = performance.now();
      if (now - last < transferIntervalMs && current !== total) return;
      last = now;
      this.#emit({
        type: "transfer",
        step,
        kind,
        item,
        current,
        ...(total === undefined ? {} : { total }),
        unit: "byte",
      });
    };
  }

  log(step: string, text: string): void {
    this.#emit({ type: "log", step, stream: "err", text });
  }

  retry(info: {
    readonly what: string;
    readonly attempt: number;
    readonly delayMs: number;
    readonly reason: string;
  }): void {
    this.#emit({ type: "retry", ...info });
  }
}
