import type { CodebuildBuild } from "../aws/ports.ts";

/** A build as CodeBuild tells of it, with some of it otherwise. */
export function aBuild(changes: Partial<CodebuildBuild> = {}): CodebuildBuild {
  return {
    id: "images:1",
    status: "IN_PROGRESS",
    currentPhase: "QUEUED",
    phases: [],
    exported: {},
    log: { group: undefined, stream: undefined, link: undefined },
    startedAt: 0,
    endedAt: undefined,
    ...changes,
  };
}

/** A phase that ended with a context. */
export function failedPhase(
  type: string,
  code: string,
  message: string,
  status = "FAILED",
): CodebuildBuild["phases"][number] {
  return { type, status, seconds: 1, contexts: [{ code, message }] };
}
