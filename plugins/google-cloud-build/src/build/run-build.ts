import { type PlainProgress, type PreparedImage, taggedImage } from "@imagespec/cloud-support";
import type { BuilderEvent, BuildRequest, ResolvedImageSpec } from "@imagespec/core";
import { abortedError, ImageSpecError } from "@imagespec/errors";
import type { Digest } from "@imagespec/oci";
import type { BuildMessage } from "../client/build-message.ts";
import type { BuildState } from "../client/build-state.ts";
import { explainEnd } from "../errors/explain-end.ts";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { buildMessage } from "../request/build-message.ts";
import type { BuildWork } from "../request/build-work.ts";
import { cancelBuild } from "./cancel-build.ts";
import { cloudStep } from "./cloud-step.ts";
import { type FollowedBuild, followBuild } from "./follow-build.ts";
import type { GoogleSession } from "./google-session.ts";
import { numberedEvents } from "./numbered-events.ts";
import type { PhaseReporter } from "./phase-reporter.ts";
import { type PushTarget, removePushedTag, tagDigest } from "./push-target.ts";
import { type StartedBuild, startBuild } from "./start-build.ts";
import { statedDigest } from "./stated-digest.ts";

/** One attempt at a build. */
export interface RunContext {
  readonly work: BuildWork;
  readonly prepared: PreparedImage;
  readonly target: PushTarget;
  readonly options: GoogleCloudBuildOptions;
  readonly spec: ResolvedImageSpec;
  readonly request: BuildRequest;
  /** Counted from 1. */
  readonly attempt: number;
}

/** A build that succeeded. */
export interface RunResult {
  readonly state: BuildState;
  /** As the build states it. */
  readonly digest: string | undefined;
  /** The tag that was pushed; nothing when it was pushed by digest. */
  readonly tag: string | undefined;
  readonly progress: PlainProgress;
  readonly phases: PhaseReporter;
  readonly isJoined: boolean;
  readonly seconds: number;
  /** What the tag had before. */
  readonly before: Digest | undefined;
}

type Followed = Omit<RunResult, "isJoined" | "seconds" | "before">;
type Emit = (event: BuilderEvent) => void;

/** Starts a build or joins one, follows it to its end, and cancels it when that is aborted. */
export async function runBuild(session: GoogleSession, context: RunContext): Promise<RunResult> {
  const { work, prepared, options, target, request, attempt } = context;
  const { signal } = request;
  const { message, key } = buildMessage(work, options, session.place);
  const emit = attempt === 1 ? request.emit : numberedEvents(request.emit, attempt);
  const before = message.images === undefined ? undefined : await tagDigest(target, signal);
  let started: StartedBuild | undefined;
  try {
    const result = await prepared.steps.run(cloudStep, undefined, async (notes) => {
      const begun = performance.now();
      started = await start(session, { message, key }, context, emit);
      notes.detail = `${started.isJoined ? "joined " : ""}${started.state.logUrl}`;
      const followed = await follow(session, started, { ...context, message, emit });
      return { ...followed, isJoined: started.isJoined, seconds: (performance.now() - begun) / 1000 };
    });
    return { ...result, before };
  } catch (error) {
    // Steps have ended by now: whoever aborted does not wait for more of them.
    if (signal.aborted && started?.isJoined === false) await undo(session, started.state, context, { before, emit });
    throw error;
  }
}

async function start(
  session: GoogleSession,
  build: { readonly message: BuildMessage; readonly key: string },
  { options, request: { signal } }: RunContext,
  emit: Emit,
): Promise<StartedBuild> {
  const started = await startBuild(session, build, { emit, signal });
  if (!signal.aborted) return started;
  // Its answer came, and nobody waits for it any longer.
  if (!started.isJoined && options.cancelOnAbort !== false) await cancelBuild(session, started.state, { emit });
  throw abortedError(signal);
}

async function follow(
  session: GoogleSession,
  started: StartedBuild,
  context: RunContext & { readonly message: BuildMessage; readonly emit: Emit },
): Promise<Followed> {
  const { prepared, options, request, emit } = context;
  const { signal } = request;
  let open: Pick<FollowedBuild, "progress" | "phases"> | undefined;
  let isDone = false;
  try {
    const followed = await followBuild(session, started.state, {
      plan: prepared.plan,
      options,
      emit,
      signal,
      onStart: (parts) => {
        open = parts;
      },
    });
    const result = await resultOf(followed, started, context);
    isDone = true;
    return result;
  } finally {
    const end = isDone ? "done" : signal.aborted ? "canceled" : "failed";
    open?.progress.end(end);
    open?.phases.end(end);
  }
}

/** Ends a build that was aborted; one that was faster has pushed its tag, which nobody asks for any longer. */
async function undo(
  session: GoogleSession,
  build: BuildState,
  { target, options, work }: RunContext,
  { before, emit }: { readonly before: Digest | undefined; readonly emit: Emit },
): Promise<void> {
  if (options.cancelOnAbort === false) return;
  await cancelBuild(session, build, { emit });
  const warning = await removePushedTag({ ...target, tag: work.tag }, before);
  if (warning !== undefined) emit({ type: "warning", message: warning });
}

async function resultOf(
  { state, progress, phases, tail }: FollowedBuild,
  { isJoined }: StartedBuild,
  { work, target, options, spec, request, message }: RunContext & { readonly message: BuildMessage },
): Promise<Followed> {
  const tag = message.images === undefined ? undefined : work.tag;
  if (state.status === "SUCCESS") return { state, digest: statedDigest(state, message), tag, progress, phases };
  if (isJoined && state.status === "CANCELLED") throw leftAlone(state);
  const { bucket, object } = work.source;
  const error = explainEnd(state, {
    failed: progress.failed,
    tail,
    spec,
    target: target.image,
    machine: options.machine,
    account: options.serviceAccount,
    source: `gs://${bucket}/${object}`,
  });
  const words = `${state.failure?.detail ?? ""} ${error.message}`;
  const isTaken = tag !== undefined && /immutab|cannot be (?:overwritten|updated)|already exists/i.test(words);
  const { labels, signal } = request;
  const digest = isTaken ? await taggedImage(target.repository, tag, { labels, signal }) : undefined;
  // Somebody else was faster with the same image.
  if (digest !== undefined) return { state, digest, tag, progress, phases };
  throw error;
}

/** A fault, so that another one is started: nobody wanted this one to end. */
function leftAlone({ id, logUrl }: BuildState): ImageSpecError {
  return new ImageSpecError(
    "CLOUD_BUILD_FAULT",
    `the build "${id}" of another process, which was waited for, was cancelled`,
    {
      hint: "build again",
      details: { provider: "google", build: id, log: logUrl },
    },
  );
}
