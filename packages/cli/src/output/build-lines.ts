import type { ImageResult } from "@imagespec/core";
import type { BuildView, StepView } from "./build-view.ts";
import { count, formatBytes, formatDuration } from "./format.ts";
import { detailWidthOf, formatStep } from "./step-line.ts";
import type { Style } from "./style.ts";

/** Steps of the engine that say nothing once they are over: what they found out is said elsewhere. */
const quietSteps: ReadonlySet<string> = new Set(["exists", "choose", "check output", "wait"]);

interface Look {
  readonly style: Style;
  readonly columns: number;
  readonly frame: number;
  /** Milliseconds since the build started. */
  readonly now: number;
  /** How the build ended. */
  readonly outcome?: "fulfilled" | "rejected";
}

/** The first line of a build: what is made of what by whom. */
export function formatTitle(view: BuildView, style: Style): string {
  const facts = [...view.facts, ...(view.builder === "" ? [] : [`builder ${view.builder}`])];
  return `  ${style.bold(view.title)}  ${style.dim(facts.join(" · "))}`.trimEnd();
}

/** Whether a step is worth a line now, and (for one that ended) for good. */
export function isShown(step: StepView, steps: readonly StepView[]): boolean {
  const isOver = step.state !== "running" && step.state !== "queued";
  if (step.isEngine && isOver && quietSteps.has(step.id.replace(/^.*\//, ""))) return false;
  if (step.state === "failed") return true;
  if (step.base !== undefined) return !isBaseDone(steps);
  return !(step.isEngine && isOver && step.id === "base" && step.detail === "exists");
}

function isBaseDone(steps: readonly StepView[]): boolean {
  return steps.some(({ isEngine, id, state }) => isEngine && id === "base" && state === "done");
}

/** The lines of the steps of a build. */
export function formatSteps(view: BuildView, { style, columns, frame, now, outcome }: Look): readonly string[] {
  const steps = outcome === undefined ? view.steps : view.steps.flatMap((step) => settled(step, outcome));
  const platforms = new Set(steps.flatMap(({ platform }) => platform ?? []));
  const namesPlatform = platforms.size > 1;
  const shown = steps.filter((step) => isShown(step, steps)).map((step) => withBaseName(step, steps));
  const look = { style, columns, frame, namesPlatform, detailWidth: detailWidthOf(shown) };
  const lines = shown.map((step) => formatStep(step, { ...look, elapsedMs: now - step.since }));
  const isWaiting = outcome === undefined && view.notice !== undefined;
  return isWaiting ? [...lines, `    ${style.dim(view.notice ?? "")}`] : lines;
}

/** A step that never said how it ended ended with its build. */
function settled(step: StepView, outcome: "fulfilled" | "rejected"): readonly StepView[] {
  if (step.state !== "running" && step.state !== "queued") return [step];
  return outcome === "fulfilled" ? [] : [{ ...step, state: "canceled", transfer: undefined }];
}

/** The base that the engine made goes by its name, when it is known from its own steps. */
export function withBaseName(step: StepView, steps: readonly StepView[]): StepView {
  if (!step.isEngine || step.id !== "base" || step.base !== undefined) return step;
  const name = steps.find(({ base }) => base !== undefined)?.base;
  return { ...step, label: "base image", detail: [name, step.detail].filter((part) => part !== undefined).join(" ") };
}

/** What the build came to, in two lines: where the image is, and its digest. */
export function formatResult(result: ImageResult, style: Style): readonly string[] {
  const { reference, digest, layers, timings, action } = result;
  const size = `${count(layers.total, "layer")}, ${formatBytes(layers.size)}`;
  const facts = action === "exists" ? `exists, ${size}` : action === "assumed" ? "assumed to exist" : size;
  return [
    `  image  ${style.bold(reference)}  (${facts})  ${style.dim(formatDuration(timings["total"] ?? 0))}`,
    ...(digest === undefined ? [] : [`         ${style.dim(digest)}`]),
  ];
}
