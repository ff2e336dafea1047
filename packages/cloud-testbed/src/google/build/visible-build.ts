import { type Build, isTerminal } from "./build.ts";

/**
 * A build as a client sees it.
 *
 * @param shown a status in place of its own; then it has no results yet
 */
export function visibleBuild(build: Build, shown?: string | number): Build {
  if (shown !== undefined) {
    const { results, failureInfo, finishTime, statusDetail, ...rest } = build;
    // A status that the proto does not know is the point of it.
    return { ...withoutStepStatus(rest), status: shown as NonNullable<Build["status"]> };
  }
  return isTerminal(build.status) ? { ...build } : withoutStepStatus(build);
}

/** "Build step status is only updated on build completion" (cloudbuild.proto, BuildStep.status). */
function withoutStepStatus(build: Build): Build {
  const steps = build.steps?.map(({ status, exitCode, ...step }) => step);
  return { ...build, ...(steps === undefined ? {} : { steps }) };
}
