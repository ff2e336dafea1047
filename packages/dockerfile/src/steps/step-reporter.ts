import type { BuildRequest } from "@imagespec/core";
import { messageOf } from "@imagespec/errors";

/** What a step may say about itself when it is over. */
export interface StepNotes {
  /** A few words for people. */
  detail?: string;
  /** Nothing had to be done. */
  cached?: boolean;
}

/** Emits the events of the steps that this process takes, and keeps their times. */
export class StepReporter {
  readonly #emit: BuildRequest["emit"];
  readonly #timings: Record<string, number> = {};
  readonly #counts = new Map<string, number>();

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
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    const id = count === 1 ? name : `${name} ${count}`;
    const step = { type: "step", id, name, ...(spec === undefined ? {} : { spec }) } as const;
    this.#emit({ ...step, state: "running" });
    const end = (): number => {
      const ms = Math.round(performance.now() - started);
      this.#timings[name] = (this.#timings[name] ?? 0) + ms;
      return ms;
    };
    try {
      const result = await body(notes);
      const detail = notes.detail === undefined ? {} : { detail: notes.detail };
      this.#emit({ ...step, state: notes.cached === true ? "cached" : "done", ms: end(), ...detail });
      return result;
    } catch (error) {
      this.#emit({ ...step, state: "failed", ms: end(), error: messageOf(error) });
      throw error;
    }
  }
}
