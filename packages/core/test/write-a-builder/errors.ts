import { abortedError, ImageSpecError } from "@imagespec/errors";

export function commandError(exitCode: number, logTail: readonly string[], signal: AbortSignal): ImageSpecError {
  if (signal.aborted) return abortedError(signal);
  const message = `the command ended with exit code ${exitCode}`;
  return new ImageSpecError("BUILD_STEP_FAILED", `commands[0]: ${message}`, {
    hint: "read the log of the step",
    problems: [{ code: "BUILD_STEP_FAILED", path: "commands[0]", message }],
    details: { provider: "relabel", exitCode },
    logTail,
  });
}
