import type { BuilderEvent, StepState } from "@imagespec/core";
import { type BuildState, isTerminal } from "../client/build-state.ts";

/** Tells what Cloud Build says of a build, as steps of this one: queue, source, the steps around docker's own, push. */
export class PhaseReporter {
  readonly #emit: (event: BuilderEvent) => void;
  readonly #states = new Map<string, StepState>();
  readonly #timings: Record<string, number> = {};
  readonly #begun = new Map<string, number>();
  readonly #silent: ReadonlySet<string>;
  readonly #unknown = new Set<string>();

  /** @param silent steps that somebody else tells of */
  constructor(emit: (event: BuilderEvent) => void, silent: ReadonlySet<string>) {
    this.#emit = emit;
    this.#silent = silent;
  }

  /** Milliseconds by name, of what has ended. */
  get timings(): Readonly<Record<string, number>> {
    return { ...this.#timings };
  }

  update(state: BuildState): void {
    const isWaiting = state.status === "QUEUED" || state.status === "PENDING";
    this.#tell("queue", isWaiting ? "running" : isTerminal(state) && state.steps.length === 0 ? "failed" : "done");
    if (state.status.startsWith("UNKNOWN") && !this.#unknown.has(state.status)) {
      this.#unknown.add(state.status);
      const message = `Cloud Build says "${state.status}" of the build, which this version does not know: it goes on waiting`;
      this.#emit({ type: "warning", message });
    }
    this.#phase("source", state.phases["FETCHSOURCE"], state);
    for (const step of state.steps) {
      if (this.#silent.has(step.id) || step.started === undefined) continue;
      const isOver = step.status !== "WORKING" && step.status !== "QUEUED";
      this.#tell(step.id, isOver ? (step.status === "SUCCESS" ? "done" : "failed") : "running", step.ms);
    }
    this.#phase("push", state.phases["PUSH"], state);
  }

  /** Ends what is still running. */
  end(state: "failed" | "canceled" | "done"): void {
    for (const [name, known] of this.#states) if (known === "running") this.#tell(name, state);
  }

  #phase(name: string, phase: BuildState["phases"][string] | undefined, state: BuildState): void {
    if (phase?.started === undefined) return;
    const hasFailed = phase.ms === undefined && isTerminal(state);
    this.#tell(name, phase.ms !== undefined ? "done" : hasFailed ? "failed" : "running", phase.ms);
  }

  #tell(name: string, state: "running" | "done" | "failed" | "canceled", ms?: number): void {
    const known = this.#states.get(name);
    if (known === state || (known !== undefined && known !== "running")) return;
    // Whoever is told of an end has been told of the beginning.
    if (known === undefined) {
      this.#begun.set(name, performance.now());
      if (state !== "running") this.#step(name, "running");
    }
    this.#states.set(name, state);
    // Where the service does not say it: as long as it was seen.
    const took = ms ?? Math.round(performance.now() - (this.#begun.get(name) ?? 0));
    if (state === "done") this.#timings[name] = took;
    this.#step(name, state, took);
  }

  #step(name: string, state: StepState, ms = 0): void {
    this.#emit({ type: "step", id: name, name, state, ...(state === "running" ? {} : { ms }) });
  }
}
