import { type Clock, systemClock } from "@imagespec/cloud-support";
import type { BuilderEvent } from "@imagespec/core";
import { messageOf, throwIfAborted } from "@imagespec/errors";
import type { BuildMessage } from "../client/build-message.ts";
import { type BuildState, isTerminal } from "../client/build-state.ts";
import { withRetries } from "../client/with-retries.ts";
import { explainCall } from "../errors/explain-call.ts";
import { isTransient, readFailure } from "../errors/google-failure.ts";
import type { GoogleSession } from "./google-session.ts";
import { graceSignal } from "./grace-signal.ts";

/** A build that this process started, or one of another process that it waits for as well. */
export interface StartedBuild {
  readonly state: BuildState;
  readonly isJoined: boolean;
}

/** Requests that may be lost before it is given up. */
const attempts = 4;

/** For how long an answer is waited for that nobody wants any more, in milliseconds. */
const graceMs = 4000;

/**
 * Starts a build, or joins one that does the same and still runs.
 *
 * The service has no token by which it would know a request again. Builds carry a tag instead: after an answer that was lost, a build with
 * the tag that was not there before is the one that was started.
 *
 * @throws CLOUD_DENIED, CLOUD_SERVICE_DISABLED, CLOUD_QUOTA, CLOUD_THROTTLED, CLOUD_DOWN, CLOUD_NOT_FOUND, CLOUD_ERROR
 */
export async function startBuild(
  session: Pick<GoogleSession, "place" | "cloudBuild" | "api">,
  { message, key }: { readonly message: BuildMessage; readonly key: string },
  options: { readonly emit: (event: BuilderEvent) => void; readonly signal: AbortSignal; readonly clock?: Clock },
): Promise<StartedBuild> {
  const { cloudBuild } = session;
  const { emit, signal, clock = systemClock } = options;
  throwIfAborted(signal);
  // A request that is under way may start a build that nobody would cancel: its answer is waited for.
  using calls = graceSignal(signal, graceMs);
  const retries = { emit, signal, clock };
  const find = (what: string): Promise<readonly BuildState[]> =>
    guarded(session, what, calls.signal, () =>
      withRetries(() => cloudBuild.listBuilds({ tag: key }, { signal: calls.signal }), { ...retries, what }),
    );
  const before = await find("look for a build that does the same");
  throwIfAborted(signal);
  const twin = before.find((state) => !isTerminal(state));
  if (twin !== undefined) return { state: twin, isJoined: true };
  const known = new Set(before.map(({ id }) => id));
  for (let attempt = 1; ; attempt++) {
    try {
      const state = await withRetries(() => cloudBuild.createBuild(message, { signal: calls.signal }), {
        ...retries,
        what: "start the build",
        isRepeatable: false,
      });
      return { state, isJoined: false };
    } catch (error) {
      calls.signal.throwIfAborted();
      const mayHaveStarted = isTransient(readFailure(error));
      if (!mayHaveStarted || attempt >= attempts) throw await explained(session, error, calls.signal);
      if (!signal.aborted) {
        const delayMs = 500 * 2 ** (attempt - 1);
        emit({ type: "retry", what: "start the build", attempt, delayMs, reason: messageOf(error) });
        await slept(clock, delayMs, signal);
      }
      const started = (await find("look for the build whose start was not answered")).find(({ id }) => !known.has(id));
      if (started !== undefined) return { state: started, isJoined: false };
      throwIfAborted(signal);
    }
  }
}

async function guarded<T>(
  session: Pick<GoogleSession, "place" | "api">,
  doing: string,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    signal.throwIfAborted();
    throw await explained(session, error, signal, doing);
  }
}

async function explained(
  { place: { project, location }, api }: Pick<GoogleSession, "place" | "api">,
  error: unknown,
  signal: AbortSignal,
  doing = "start the build",
): Promise<Error> {
  const isDenied = readFailure(error).status === "PERMISSION_DENIED";
  return explainCall(error, {
    doing,
    resource: `project "${project}"`,
    project,
    location,
    role: "roles/cloudbuild.builds.editor",
    principal: isDenied ? await api.principal(signal) : undefined,
  });
}

/** Waits; an abort is looked at later. */
async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
