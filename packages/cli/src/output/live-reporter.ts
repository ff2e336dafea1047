import type { BuildEvent, SettledBuild } from "@imagespec/core";
import type { TextOutput } from "../command-context.ts";
import { formatResult, formatSteps, formatTitle } from "./build-lines.ts";
import type { BuildReporter, KeptLog, ReportedBuild } from "./build-reporter.ts";
import { BuildView } from "./build-view.ts";
import { formatError } from "./format-error.ts";
import { LiveScreen } from "./live-screen.ts";
import { LogLines } from "./log-lines.ts";
import { plainStyle, type Style } from "./style.ts";

const frameMs = 100;

interface LiveOptions {
  readonly screen: TextOutput;
  readonly style: Style;
  /** Also gets the results, when they go elsewhere than the screen. */
  readonly results: TextOutput | undefined;
  readonly cwd: string;
  readonly isVerbose: boolean;
}

interface Running {
  readonly build: ReportedBuild;
  readonly view: BuildView;
  readonly startedAt: number;
}

/** Redraws a tree of running steps in place, at most ten times a second; builds that ended stay above it. */
export class LiveReporter implements BuildReporter {
  readonly #options: LiveOptions;
  readonly #screen: LiveScreen;
  readonly #running = new Map<number, Running>();
  readonly #logs = new LogLines();
  readonly #timer: NodeJS.Timeout;
  #printed: string[] = [];
  #frame = 0;
  #hasPrinted = false;

  constructor(builds: readonly ReportedBuild[], options: LiveOptions) {
    this.#options = options;
    this.#screen = new LiveScreen(options.screen);
    const startedAt = performance.now();
    for (const [position, build] of builds.entries())
      this.#running.set(position, { build, view: new BuildView(build.title, build.facts), startedAt });
    this.#timer = setInterval(() => this.#draw(), frameMs);
    this.#timer.unref();
    this.#draw();
  }

  event(position: number, event: BuildEvent): void {
    const { style, isVerbose } = this.#options;
    this.#running.get(position)?.view.apply(event);
    if (event.type === "warning") this.#printed.push(`  ${style.yellow("!")} ${event.message}`);
    if (event.type === "log" && isVerbose)
      this.#printed.push(...this.#logs.add(event).map((line) => `    ${style.dim(`│ ${line}`)}`));
  }

  ended(position: number, outcome: SettledBuild, log?: KeptLog): void {
    const running = this.#running.get(position);
    if (running === undefined) return;
    this.#running.delete(position);
    const { style, cwd, isVerbose, results } = this.#options;
    const { build, view } = running;
    const columns = this.#screen.columns;
    if (this.#hasPrinted) this.#printed.push("");
    this.#hasPrinted = true;
    this.#printed.push(
      formatTitle(view, style),
      ...formatSteps(view, { ...this.#look(running), outcome: outcome.status }),
    );
    if (outcome.status === "rejected") {
      this.#printed.push(...formatError(outcome.error, { style, columns, cwd, origin: build.origin, isVerbose, log }));
    } else {
      this.#printed.push(...formatResult(outcome.result, style));
      results?.write(`${formatResult(outcome.result, plainStyle).join("\n")}\n`);
    }
    this.#draw();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#screen.end(this.#printed);
    this.#printed = [];
  }

  #draw(): void {
    this.#frame++;
    const live: string[] = [];
    for (const running of this.#running.values()) {
      if (!running.view.isStarted && this.#running.size > 1) continue;
      live.push(formatTitle(running.view, this.#options.style), ...formatSteps(running.view, this.#look(running)));
    }
    const printed = this.#printed;
    this.#printed = [];
    this.#screen.draw(printed, live);
  }

  #look({ startedAt }: Running): { style: Style; columns: number; frame: number; now: number } {
    const { style } = this.#options;
    return { style, columns: this.#screen.columns, frame: this.#frame, now: performance.now() - startedAt };
  }
}
