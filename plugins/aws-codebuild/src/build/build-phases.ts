import type { BuilderEvent, StepState } from "@imagespec/core";
import type { CodebuildBuild } from "../aws/ports.ts";

/** Phases that mean something to people; the rest is bookkeeping, and only told when it fails. */
const names: Readonly<Record<string, string>> = {
  QUEUED: "queue",
  PROVISIONING: "machine",
  DOWNLOAD_SOURCE: "download",
  BUILD: "build",
};

const finalStates: Readonly<Record<string, StepState>> = {
  SUCCEEDED: "done",
  STOPPED: "canceled",
};

/** Tells the phases of a build as steps, each change once. */
export class BuildPhases {
  readonly #emit: (event: BuilderEvent) => void;
  readonly #attempt: number;
  readonly #told = new Map<string, StepState>();
  readonly #timings: Record<string, number> = {};

  constructor(emit: (event: BuilderEvent) => void, attempt: number) {
    this.#emit = emit;
    this.#attempt = attempt;
  }

  /** Milliseconds by step name. */
  get timings(): Readonly<Record<string, number>> {
    return { ...this.#timings };
  }

  update({ phases, currentPhase, status }: CodebuildBuild): void {
    for (const [index, phase] of phases.entries()) {
      const isLast = index === phases.length - 1;
      const isOpen = phase.status === undefined || phase.status === "";
      if (isOpen && isLast && status !== "IN_PROGRESS") continue;
      const state: StepState = isOpen ? "running" : (finalStates[phase.status ?? ""] ?? "failed");
      const message = phase.contexts
        .map((context) => [context.code, context.message].filter(Boolean).join(": "))
        .join("; ");
      this.#tell(phase.type, state, phase.seconds, message);
    }
    if (currentPhase !== undefined && status === "IN_PROGRESS" && !phases.some(({ type }) => type === currentPhase))
      this.#tell(currentPhase, "running", undefined, "");
  }

  /** Ends what is still running. */
  end(state: "failed" | "canceled" | "done"): void {
    for (const [type, told] of this.#told) if (told === "running") this.#tell(type, state, undefined, "");
  }

  #tell(type: string, state: StepState, seconds: number | undefined, message: string): void {
    const before = this.#told.get(type);
    const isHidden = names[type] === undefined && state !== "failed";
    if (before === state || (before !== undefined && before !== "running") || isHidden) return;
    const name = names[type] ?? type.toLowerCase().replaceAll("_", " ");
    const step = { type: "step", id: `codebuild ${this.#attempt} ${type}`, name } as const;
    if (before === undefined && state !== "running") this.#emit({ ...step, state: "running" });
    this.#told.set(type, state);
    const ms = seconds === undefined ? undefined : seconds * 1000;
    if (ms !== undefined && state === "done") this.#timings[name] = ms;
    this.#emit({
      ...step,
      state,
      ...(ms === undefined || state === "running" ? {} : { ms }),
      ...(message === "" || state !== "failed" ? {} : { error: message }),
    });
    if (message !== "" && state === "failed")
      this.#emit({ type: "log", step: step.id, stream: "err", text: `${message}\n` });
  }
}
