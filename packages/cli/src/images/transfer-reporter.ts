import type { BuilderEvent, ImageResult } from "@imagespec/core";
import type { RetryInfo } from "@imagespec/registry-client";
import type { CommandContext } from "../command-context.ts";
import type { BuildReporter } from "../output/build-reporter.ts";
import { chooseReporter, type OutputOptions } from "../output/choose-reporter.ts";

/** What an action of a transfer may tell. */
export interface StepNotes {
  /** A few words for people, shown when the step is done. */
  detail?: string;
}

type Progress = (item: string, current: number, total: number) => void;

/** How often one item is reported, in milliseconds. */
const reportEveryMs = 100;

/** Shows a transfer the way builds are shown: as steps, with bytes and rates. */
export class TransferReporter {
  readonly #reporter: BuildReporter;
  readonly #title: string;
  readonly #start = performance.now();
  readonly #timings: Record<string, number> = {};

  constructor(title: string, facts: readonly string[], context: CommandContext, display: OutputOptions) {
    this.#title = title;
    const origin = { file: title, locate: () => undefined };
    this.#reporter = chooseReporter([{ title, facts, origin }], context, display);
  }

  /** Milliseconds by step, with their `total`. */
  get timings(): ImageResult["timings"] {
    return { ...this.#timings, total: Math.round(performance.now() - this.#start) };
  }

  /** Runs one step. */
  async step<T>(
    name: string,
    kind: "pull" | "push" | "extract" | "export",
    action: (progress: Progress, notes: StepNotes) => Promise<T>,
  ): Promise<T> {
    const since = performance.now();
    const reported = new Map<string, number>();
    this.#emit({ type: "step", id: name, name, state: "running" });
    const progress: Progress = (item, current, total) => {
      const now = performance.now();
      if (current < total && now - (reported.get(item) ?? 0) < reportEveryMs) return;
      reported.set(item, now);
      this.#emit({ type: "transfer", step: name, kind, item, current, total, unit: "byte" });
    };
    const notes: StepNotes = {};
    try {
      const result = await action(progress, notes);
      const ms = Math.round(performance.now() - since);
      this.#timings[name] = ms;
      this.#emit({ type: "step", id: name, name, state: "done", ms, ...notes });
      return result;
    } catch (error) {
      this.#emit({ type: "step", id: name, name, state: "failed", ms: Math.round(performance.now() - since) });
      throw error;
    }
  }

  warn(message: string): void {
    this.#emit({ type: "warning", message });
  }

  retry(retry: RetryInfo): void {
    this.#emit({ type: "retry", ...retry });
  }

  /** The transfer has ended well. */
  finish(result: ImageResult): void {
    this.#reporter.ended(0, { status: "fulfilled", result });
  }

  /** Gives the terminal back. */
  [Symbol.dispose](): void {
    this.#reporter.close();
  }

  #emit(event: BuilderEvent): void {
    const t = Math.round(performance.now() - this.#start);
    this.#reporter.event(0, { ...event, t, build: this.#title, builder: "" });
  }
}
