import {
  type Clock,
  followLog,
  LastLines,
  PlainProgress,
  type Poller,
  type PreparedImage,
} from "@imagespec/cloud-support";
import type { BuildRequest } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import type { CodebuildBuild, LogsPort } from "../aws/ports.ts";
import { BuildPhases } from "./build-phases.ts";
import { startMarker } from "./buildspec.ts";

export const finalStatuses: ReadonlySet<string> = new Set(["SUCCEEDED", "FAILED", "FAULT", "TIMED_OUT", "STOPPED"]);
const knownStatuses: ReadonlySet<string> = new Set([...finalStatuses, "IN_PROGRESS"]);

/** What is known of a build when it has ended. */
export interface FollowedBuild {
  readonly build: CodebuildBuild;
  readonly progress: PlainProgress;
  readonly tail: readonly string[];
  readonly timings: Readonly<Record<string, number>>;
}

/**
 * Follows a build to its end: its phases and the steps of its Dockerfile as events. What goes wrong with the log is a warning.
 *
 * @throws ABORTED, CLOUD_NOT_FOUND, CLOUD_…
 */
export async function followBuild(
  started: CodebuildBuild,
  options: {
    readonly poller: Poller<CodebuildBuild>;
    readonly logs: LogsPort | undefined;
    readonly plan: PreparedImage["plan"];
    readonly request: Pick<BuildRequest, "emit" | "signal">;
    readonly attempt: number;
    readonly logMs?: number | undefined;
    readonly clock?: Clock | undefined;
  },
): Promise<FollowedBuild> {
  const { poller, logs, request, attempt } = options;
  const { emit, signal } = request;
  const phases = new BuildPhases(emit, attempt);
  const tail = new LastLines();
  const log = new BuildLog(options.plan, emit, tail, attempt);
  let latest = started;
  let hasWarned = false;
  const onState = (build: CodebuildBuild): void => {
    latest = build;
    phases.update(build);
    if (hasWarned || knownStatuses.has(build.status)) return;
    hasWarned = true;
    emit({ type: "warning", message: `CodeBuild says the build is "${build.status}", which is taken for running` });
  };
  onState(started);
  const giveUp = new AbortController();
  const ended = poller.watch(started.id, { signal, onState });
  const following =
    logs === undefined
      ? Promise.resolve(true)
      : followLog<string>({
          read: (token, abort) => readLog(logs, latest, token, abort),
          onLines: (lines) => log.push(lines),
          onWarning: (message) => emit({ type: "warning", message }),
          isLasting: (error) => isImageSpecError(error, "CLOUD_DENIED"),
          ended,
          signal: AbortSignal.any([signal, giveUp.signal]),
          ...(options.logMs === undefined ? {} : { intervalMs: options.logMs }),
          ...(options.clock === undefined ? {} : { clock: options.clock }),
        });
  try {
    const [build] = await Promise.all([ended, following]);
    const state = build.status === "SUCCEEDED" ? "done" : build.status === "STOPPED" ? "canceled" : "failed";
    log.progress.end(state);
    phases.end(state);
    return { build, progress: log.progress, tail: tail.lines, timings: { ...log.progress.timings, ...phases.timings } };
  } catch (error) {
    giveUp.abort();
    await following;
    log.progress.end(signal.aborted ? "canceled" : "failed");
    phases.end(signal.aborted ? "canceled" : "failed");
    throw error;
  }
}

async function readLog(
  logs: LogsPort,
  { log, status }: CodebuildBuild,
  token: string | undefined,
  signal: AbortSignal,
) {
  const { group, stream } = log;
  // Known as soon as there is a machine; without one there is no log.
  if (group === undefined || stream === undefined)
    return finalStatuses.has(status) ? { chunks: [], cursor: token ?? "" } : undefined;
  const page = await logs.events({ group, stream, token }, { signal });
  // A page without events may stand before one with some: the end is a token that stays.
  return page && { chunks: page.messages, cursor: page.token, isMore: page.token !== token };
}

/** The log of a build without what CodeBuild repeats: the text of the commands. */
class BuildLog {
  readonly progress: PlainProgress;
  readonly #tail: LastLines;
  #isEcho = false;

  constructor(plan: PreparedImage["plan"], emit: BuildRequest["emit"], tail: LastLines, attempt: number) {
    this.#tail = tail;
    const step = `codebuild ${attempt} BUILD`;
    this.progress = new PlainProgress(plan, {
      emit,
      onOther: (line) => emit({ type: "log", step, stream: "out", text: `${line}\n` }),
    });
  }

  push(lines: readonly string[]): void {
    for (const line of lines) {
      if (this.#isHidden(line)) continue;
      this.#tail.push(line);
      this.progress.push(line);
    }
  }

  #isHidden(line: string): boolean {
    if (line === startMarker) {
      this.#isEcho = false;
      return true;
    }
    // "Running command …", and "Command did not exit successfully …".
    if (/^\[Container\] .* set -euo pipefail$/.test(line)) this.#isEcho = true;
    else if (line.startsWith("[Container] ")) this.#isEcho = false;
    return this.#isEcho;
  }
}
