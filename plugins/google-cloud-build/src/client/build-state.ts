/** What Cloud Build says a build is at; a value that this version does not know comes as it was sent. */
export type BuildStatus =
  | "PENDING"
  | "QUEUED"
  | "WORKING"
  | "SUCCESS"
  | "FAILURE"
  | "INTERNAL_ERROR"
  | "TIMEOUT"
  | "CANCELLED"
  | "EXPIRED"
  | `UNKNOWN ${string}`;

/** Why a build failed, in the service's words. */
export interface BuildFailure {
  /** `USER_BUILD_STEP`, `PUSH_FAILED`, …; empty when it does not say. */
  readonly type: string;
  readonly detail: string;
}

/** One step of a build as the service tells of it. */
export interface StepState {
  readonly id: string;
  readonly status: BuildStatus;
  readonly exitCode: number | undefined;
  /** Milliseconds. */
  readonly ms: number | undefined;
  /** Milliseconds since 1970. */
  readonly started: number | undefined;
}

/** A build, read from whichever form it came in: enums as numbers or names, bytes as buffers or base64. */
export interface BuildState {
  readonly id: string;
  readonly status: BuildStatus;
  readonly statusDetail: string;
  readonly failure: BuildFailure | undefined;
  readonly steps: readonly StepState[];
  /** `FETCHSOURCE`, `PUSH`: milliseconds since 1970, and how long it took. */
  readonly phases: Readonly<Record<string, { readonly started: number | undefined; readonly ms: number | undefined }>>;
  /** Images that were pushed. */
  readonly images: readonly { readonly name: string; readonly digest: string }[];
  /** What steps wrote to `$BUILDER_OUTPUT/output`, by the step's index. */
  readonly outputs: readonly string[];
  readonly tags: readonly string[];
  readonly logUrl: string;
  /** `gs://bucket[/folder]`; empty when there is none. */
  readonly logsBucket: string;
}

/** States that a build does not leave; every other one, also one that nobody knows yet, is on its way. */
const terminal: ReadonlySet<string> = new Set([
  "SUCCESS",
  "FAILURE",
  "INTERNAL_ERROR",
  "TIMEOUT",
  "CANCELLED",
  "EXPIRED",
] satisfies readonly BuildStatus[]);

/** Whether the build has ended. */
export function isTerminal({ status }: Pick<BuildState, "status">): boolean {
  return terminal.has(status);
}
