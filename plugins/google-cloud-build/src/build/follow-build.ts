import { followLog, LastLines, PlainProgress } from "@imagespec/cloud-support";
import type { BuilderEvent } from "@imagespec/core";
import type { DockerfilePlan } from "@imagespec/dockerfile";
import type { BuildState } from "../client/build-state.ts";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { buildStep } from "../request/docker-steps.ts";
import { cloudStep } from "./cloud-step.ts";
import type { GoogleSession } from "./google-session.ts";
import { PhaseReporter } from "./phase-reporter.ts";
import { logObject, withoutStep } from "./read-log.ts";

/** A build that has ended, and what its log said. */
export interface FollowedBuild {
  readonly state: BuildState;
  readonly progress: PlainProgress;
  readonly phases: PhaseReporter;
  readonly tail: readonly string[];
}

/** For how long a log is waited for after the end of its build. Milliseconds: it is whole before the build has ended. */
const settleMs = 3000;

/**
 * Waits for the end of a build, and tells meanwhile what it does. Its steps are still open afterwards: whoever knows how it ended
 * ends them.
 *
 * @throws ABORTED, CLOUD_NOT_FOUND, and what the client throws
 */
export async function followBuild(
  session: Pick<GoogleSession, "poller" | "staging" | "place">,
  build: BuildState,
  options: {
    readonly plan: Pick<DockerfilePlan, "text" | "steps">;
    readonly options: GoogleCloudBuildOptions;
    readonly emit: (event: BuilderEvent) => void;
    readonly signal: AbortSignal;
    /** Receives the parts as soon as they are there, for those who have to end them after a failure. */
    readonly onStart: (parts: Pick<FollowedBuild, "progress" | "phases">) => void;
  },
): Promise<FollowedBuild> {
  const { plan, emit, signal } = options;
  const tail = new LastLines();
  const hasLog = (options.options.logging ?? "gcs") === "gcs";
  const phases = new PhaseReporter(emit, new Set(hasLog ? [buildStep] : []));
  const progress = new PlainProgress(plan, {
    emit,
    onOther: (line) => {
      if (line.trim() !== "") emit({ type: "log", step: cloudStep, stream: "out", text: `${line}\n` });
    },
  });
  options.onStart({ progress, phases });
  phases.update(build);
  const ended = session.poller.watch(build.id, { signal, onState: (state) => phases.update(state) });
  const log = hasLog ? followLines(ended) : Promise.resolve(true);
  const [state] = await Promise.all([ended, log]);
  return { state, progress, phases, tail: tail.lines };

  function followLines(end: Promise<unknown>): Promise<boolean> {
    const place = build.logsBucket === "" ? session.place.logs : build.logsBucket;
    const object = logObject(session.staging, place, build.id);
    return followLog<number>({
      ...object,
      ended: end,
      intervalMs: options.options.poll?.logMs ?? 1000,
      // Nothing is written after the end.
      quietReads: 1,
      settleMs,
      signal,
      onLines: (lines) => {
        const own = lines.map(withoutStep);
        tail.push(...own.filter((line) => line.trim() !== ""));
        for (const line of own) progress.push(line);
      },
      onWarning: (message) =>
        emit({ type: "warning", message: `${message}; the build goes on, and its log is at ${build.logUrl}` }),
    });
  }
}
