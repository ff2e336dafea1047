import { type Clock, systemClock } from "@imagespec/cloud-support";
import type { BuilderEvent } from "@imagespec/core";
import { messageOf } from "@imagespec/errors";
import { type BuildState, isTerminal } from "../client/build-state.ts";
import { isTransient, readFailure } from "../errors/google-failure.ts";
import type { GoogleSession } from "./google-session.ts";

/** For how long an aborted build is looked after, in milliseconds. */
const limitMs = 10_000;

/**
 * Cancels a build and waits until it has ended: one that goes on would still push. Never rejects; says in a warning when the build
 * may go on.
 *
 * @returns the last state, where it is known
 */
export async function cancelBuild(
  { cloudBuild }: Pick<GoogleSession, "cloudBuild">,
  { id, logUrl }: Pick<BuildState, "id" | "logUrl">,
  { emit, clock = systemClock }: { readonly emit: (event: BuilderEvent) => void; readonly clock?: Clock },
): Promise<BuildState | undefined> {
  // A signal of its own: that of the build is triggered already.
  const signal = AbortSignal.timeout(limitMs);
  const until = clock.now() + limitMs;
  let isCancelled = false;
  try {
    for (;;) {
      try {
        const state = isCancelled
          ? await cloudBuild.getBuild(id, { signal })
          : await cloudBuild.cancelBuild(id, { signal });
        isCancelled = true;
        if (isTerminal(state)) return state;
      } catch (error) {
        const failure = readFailure(error);
        // It has ended in the meantime.
        if (failure.status === "FAILED_PRECONDITION") isCancelled = true;
        else if (signal.aborted || !isTransient(failure)) throw error;
      }
      if (clock.now() >= until) throw new Error("it did not end in time");
      await clock.sleep(250, signal);
    }
  } catch (error) {
    emit({ type: "warning", message: `the build "${id}" may go on (${messageOf(error)}): see ${logUrl}` });
    return undefined;
  }
}
