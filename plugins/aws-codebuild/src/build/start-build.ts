import { type Clock, systemClock } from "@imagespec/cloud-support";
import { abortedError, isImageSpecError, throwIfAborted } from "@imagespec/errors";
import type { CodebuildBuild, CodebuildPort, StartBuildInput } from "../aws/ports.ts";

/** For how long an abort waits for the answer to a start, in milliseconds: without the id of a build nobody can stop it. */
const patienceMs = 4000;

/**
 * Starts a build. An abort in the middle does not leave a build behind: the answer is waited for, if need be in the background, and the
 * build is stopped.
 *
 * @throws ABORTED, CLOUD_QUOTA, CLOUD_DENIED, CLOUD_NOT_FOUND, CLOUD_…
 */
export async function startBuild(
  codebuild: CodebuildPort,
  input: StartBuildInput,
  options: { readonly signal: AbortSignal; readonly stop: (id: string) => Promise<void>; readonly clock?: Clock },
): Promise<CodebuildBuild> {
  const { signal, stop, clock = systemClock } = options;
  throwIfAborted(signal);
  // Without the signal: a request that is cut off may have been heard.
  const starting = withRole(codebuild, input, clock, signal);
  const winner = await Promise.race([starting, untilAborted(signal)]);
  if (winner !== undefined) return winner;
  const stopping = starting.then(
    ({ id }) => stop(id),
    (error: unknown) => {
      // Nothing was started.
      if (!isImageSpecError(error)) throw error;
    },
  );
  await Promise.race([stopping, clock.sleep(patienceMs)]);
  throw abortedError(signal);
}

/** A role that was made a moment ago is not known everywhere: some more attempts, within seconds. */
async function withRole(
  codebuild: CodebuildPort,
  input: StartBuildInput,
  clock: Clock,
  signal: AbortSignal,
): Promise<CodebuildBuild> {
  for (const delayMs of [2000, 4000, 8000]) {
    try {
      return await codebuild.startBuild(input);
    } catch (error) {
      if (!isImageSpecError(error, "CLOUD_BUILD_ENVIRONMENT")) throw error;
      await clock.sleep(delayMs, signal);
    }
  }
  return codebuild.startBuild(input);
}

/** Nothing, as soon as the signal is triggered. */
function untilAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined), { once: true }));
}
