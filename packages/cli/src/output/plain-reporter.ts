import type { BuildEvent, SettledBuild } from "@imagespec/core";
import type { TextOutput } from "../command-context.ts";
import { formatResult, formatTitle, isShown, withBaseName } from "./build-lines.ts";
import type { BuildReporter, KeptLog, ReportedBuild } from "./build-reporter.ts";
import { BuildView } from "./build-view.ts";
import { formatError } from "./format-error.ts";
import { LogLines } from "./log-lines.ts";
import { formatStep } from "./step-line.ts";
import type { Style } from "./style.ts";

interface PlainOptions {
  readonly progress: TextOutput;
  readonly results: TextOutput;
  readonly style: Style;
  /** Of the results, which may go elsewhere. */
  readonly resultStyle: Style;
  readonly cwd: string;
  readonly isVerbose: boolean;
}

/** A CI system that sees no output for minutes takes a build for dead. */
const signOfLifeMs = 10_000;
const usualColumns = 120;

/** Writes one line whenever a step has ended, for logs and for terminals that cannot redraw. */
export class PlainReporter implements BuildReporter {
  readonly #options: PlainOptions;
  readonly #builds: readonly { readonly build: ReportedBuild; readonly view: BuildView }[];
  readonly #logs = new LogLines();
  readonly #lastSign = new Map<number, number>();
  readonly #titled = new Set<number>();

  constructor(builds: readonly ReportedBuild[], options: PlainOptions) {
    this.#options = options;
    this.#builds = builds.map((build) => ({ build, view: new BuildView(build.title, build.facts) }));
  }

  event(position: number, event: BuildEvent): void {
    const entry = this.#builds[position];
    if (entry === undefined) return;
    const { view } = entry;
    const { style, isVerbose, progress } = this.#options;
    const step = view.apply(event);
    if (event.type === "warning") this.#say(position, `  ${style.yellow("!")} ${event.message}`);
    if (event.type === "retry") this.#say(position, `  ${style.dim(`… ${view.notice ?? ""}`)}`);
    if (event.type === "log" && isVerbose) {
      for (const line of this.#logs.add(event)) this.#say(position, `    ${style.dim(`│ ${line}`)}`);
    }
    if (step === undefined) return;
    const isRunning = step.state === "running" || step.state === "queued";
    const isDue = event.t - (this.#lastSign.get(position) ?? 0) >= signOfLifeMs;
    if (isRunning ? !(isDue || step.state === "queued") : !isShownForGood(step, view)) return;
    const namesPlatform = new Set(view.steps.flatMap(({ platform }) => platform ?? [])).size > 1;
    // No frame of the spinner: nothing turns in a log.
    const columns = progress.columns || usualColumns;
    const look = { style, columns, frame: -1, elapsedMs: event.t - step.since, namesPlatform };
    this.#lastSign.set(position, event.t);
    this.#say(position, formatStep(withBaseName(step, view.steps), look));
  }

  ended(position: number, outcome: SettledBuild, log?: KeptLog): void {
    const entry = this.#builds[position];
    if (entry === undefined) return;
    const { style, resultStyle, progress, results, cwd, isVerbose } = this.#options;
    this.#title(position, entry.view);
    if (outcome.status === "fulfilled") {
      results.write(`${formatResult(outcome.result, resultStyle).join("\n")}\n`);
      return;
    }
    const columns = progress.columns || usualColumns;
    const look = { style, columns, cwd, origin: entry.build.origin, isVerbose, log };
    for (const line of formatError(outcome.error, look)) this.#say(position, line);
  }

  close(): void {}

  /** The title waits for the first line below it: by then the builder is known. */
  #title(position: number, view: BuildView): void {
    if (this.#titled.has(position) || !view.isStarted) return;
    this.#titled.add(position);
    this.#write(position, formatTitle(view, this.#options.style));
  }

  #say(position: number, line: string): void {
    const view = this.#builds[position]?.view;
    if (view !== undefined) this.#title(position, view);
    this.#write(position, line);
  }

  /** Lines of several builds are mixed: each says whose it is. */
  #write(position: number, line: string): void {
    const name = this.#builds.length > 1 ? `${this.#builds[position]?.view.title ?? ""} ` : "";
    this.#options.progress.write(`${name}${line}\n`);
  }
}

/** Also steps of a base, which the live tree folds up once the base is there. */
function isShownForGood(step: Parameters<typeof isShown>[0], view: BuildView): boolean {
  if (step.base !== undefined) return !step.isEngine || step.state === "failed";
  return isShown(step, view.steps);
}
