// The fields of google/devtools/cloudbuild/v1/cloudbuild.proto that are carried out here. What the proto has besides travels along.

/** `google.protobuf.Timestamp` and `google.protobuf.Duration`. */
export interface Seconds {
  readonly seconds?: string | number;
  readonly nanos?: number;
}

/** From when to when. */
export interface TimeSpan {
  startTime?: Seconds;
  endTime?: Seconds;
}

/** Names of `Build.Status`. Scripts may show clients any other text or number. */
export type BuildStatus =
  | "PENDING"
  | "QUEUED"
  | "WORKING"
  | "SUCCESS"
  | "FAILURE"
  | "INTERNAL_ERROR"
  | "TIMEOUT"
  | "CANCELLED"
  | "EXPIRED";

/** Names of `Build.FailureInfo.FailureType`. */
export type FailureType =
  | "PUSH_FAILED"
  | "PUSH_IMAGE_NOT_FOUND"
  | "PUSH_NOT_AUTHORIZED"
  | "LOGGING_FAILURE"
  | "USER_BUILD_STEP"
  | "FETCH_SOURCE_FAILED";

export interface Volume {
  readonly name?: string;
  readonly path?: string;
}

export interface BuildStep {
  name?: string;
  env?: readonly string[];
  args?: readonly string[];
  dir?: string;
  readonly id?: string;
  readonly waitFor?: readonly string[];
  entrypoint?: string;
  readonly secretEnv?: readonly string[];
  readonly volumes?: readonly Volume[];
  readonly timeout?: Seconds;
  readonly allowFailure?: boolean;
  readonly allowExitCodes?: readonly number[];
  readonly script?: string;
  readonly automapSubstitutions?: boolean;
  status?: BuildStatus;
  exitCode?: number;
  timing?: TimeSpan;
  pullTiming?: TimeSpan;
}

export interface BuildOptions {
  readonly machineType?: string;
  readonly diskSizeGb?: string;
  readonly substitutionOption?: string;
  readonly dynamicSubstitutions?: boolean;
  readonly automapSubstitutions?: boolean;
  readonly logStreamingOption?: string;
  readonly pool?: { readonly name?: string };
  readonly workerPool?: string;
  readonly logging?: string;
  readonly env?: readonly string[];
  readonly secretEnv?: readonly string[];
  readonly volumes?: readonly Volume[];
  readonly defaultLogsBucketBehavior?: string;
}

export interface StorageSource {
  readonly bucket?: string;
  readonly object?: string;
  readonly generation?: string;
}

export interface BuildResults {
  images?: { name: string; digest: string; pushTiming?: TimeSpan }[];
  buildStepImages?: string[];
  buildStepOutputs?: Uint8Array[];
}

export interface Build {
  name?: string;
  id?: string;
  projectId?: string;
  status?: BuildStatus;
  statusDetail?: string;
  source?: { readonly storageSource?: StorageSource; readonly [other: string]: unknown };
  steps?: BuildStep[];
  results?: BuildResults;
  createTime?: Seconds;
  startTime?: Seconds;
  finishTime?: Seconds;
  readonly timeout?: Seconds;
  images?: readonly string[];
  readonly queueTtl?: Seconds;
  logsBucket?: string;
  sourceProvenance?: { resolvedStorageSource?: StorageSource };
  options?: BuildOptions;
  logUrl?: string;
  readonly substitutions?: Readonly<Record<string, string>>;
  tags?: readonly string[];
  timing?: Record<string, TimeSpan>;
  serviceAccount?: string;
  readonly availableSecrets?: {
    readonly secretManager?: readonly { readonly versionName?: string; readonly env?: string }[];
    readonly inline?: readonly unknown[];
  };
  failureInfo?: { type: FailureType; detail: string };
  readonly artifacts?: unknown;
  readonly secrets?: readonly unknown[];
}

const terminal: readonly BuildStatus[] = ["SUCCESS", "FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED"];

/** Whether a build has ended. */
export function isTerminal(status: BuildStatus | undefined): boolean {
  return status !== undefined && terminal.includes(status);
}

/** This moment as a `google.protobuf.Timestamp`. */
export function timestamp(ms: number = Date.now()): Seconds {
  return { seconds: String(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1_000_000 };
}

/** Milliseconds of a duration; `undefined` for none. */
export function milliseconds(duration: Seconds | undefined): number | undefined {
  if (duration === undefined) return undefined;
  const ms = Number(duration.seconds ?? 0) * 1000 + (duration.nanos ?? 0) / 1e6;
  return ms === 0 ? undefined : ms;
}
