import type { BuilderEvent } from "@imagespec/core";
import type { DockerfilePlan, PlannedStep } from "@imagespec/dockerfile";

/** Tells of the steps of a Dockerfile from what buildah prints. */
export interface StepReporter {
  /** Takes output as it comes. */
  write(text: string, stream: "out" | "err"): void;
  /** Ends the step that runs. */
  end(state: "done" | "failed" | "canceled"): void;
  /** The step that runs, or ran last. */
  readonly step: PlannedStep | undefined;
  /** What that step printed. */
  readonly log: string;
}

/** buildah announces every instruction: `[2/5] STEP 3/7: RUN …`, without the first part where there is one stage. */
const announcement = /^(?:\[(\d+)\/\d+\] )?STEP (\d+)\/\d+: /;

export function reportSteps(plan: DockerfilePlan, emit: (event: BuilderEvent) => void): StepReporter {
  const stages = instructionLines(plan.text);
  let current: { readonly step: PlannedStep; readonly id: string; readonly start: number; ended: boolean } | undefined;
  let log = "";
  const rest = { out: "", err: "" };

  const end = (state: "done" | "failed" | "canceled"): void => {
    if (current === undefined || current.ended) return;
    current.ended = true;
    const { id, step, start } = current;
    const ms = performance.now() - start;
    emit({ type: "step", id, name: step.name, spec: step.field, state, ...(state === "canceled" ? {} : { ms }) });
  };
  const begin = (stage: number, number: number): void => {
    const line = stages[stage - 1]?.[number - 1];
    const step = plan.steps.find(
      ({ firstLine, lastLine }) => line !== undefined && firstLine <= line && line <= lastLine,
    );
    if (step === undefined || step === current?.step) return;
    end("done");
    log = "";
    current = { step, id: `line ${step.firstLine}`, start: performance.now(), ended: false };
    emit({ type: "step", id: current.id, name: step.name, spec: step.field, state: "running" });
  };
  return {
    write(text, stream) {
      const lines = (rest[stream] + text).split("\n");
      rest[stream] = lines.pop() ?? "";
      for (const line of lines) {
        const [, stage = "1", number] = announcement.exec(line) ?? [];
        if (number !== undefined) begin(Number(stage), Number(number));
        else if (current !== undefined) {
          log += `${line}\n`;
          emit({ type: "log", step: current.id, stream, text: `${line}\n` });
        }
      }
    },
    end,
    get step() {
      return current?.step;
    },
    get log() {
      return log;
    },
  };
}

/** For each stage, the first line of each of its instructions, as buildah counts them: `FROM` is the first. */
function instructionLines(text: string): readonly (readonly number[])[] {
  const stages: number[][] = [];
  let isContinued = false;
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    if (!isContinued) {
      if (/^FROM\s/i.test(line)) stages.push([]);
      // An ARG before the first stage belongs to none.
      stages.at(-1)?.push(index + 1);
    }
    isContinued = line.endsWith("\\");
  }
  return stages;
}
