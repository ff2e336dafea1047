import type { PhaseType } from "../faults.ts";

export type PhaseStatus = "SUCCEEDED" | "FAILED" | "FAULT" | "TIMED_OUT" | "IN_PROGRESS" | "STOPPED";

export interface PhaseContext {
  readonly statusCode: string;
  readonly message: string;
}

export interface PhaseView {
  readonly phaseType: PhaseType;
  /** Seconds since the epoch, as all times of the JSON protocol. */
  readonly startTime: number;
  phaseStatus?: PhaseStatus;
  endTime?: number;
  durationInSeconds?: number;
  contexts?: readonly PhaseContext[];
}

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
  readonly type?: "PLAINTEXT" | "PARAMETER_STORE" | "SECRETS_MANAGER";
}

export interface BuildEnvironment {
  readonly type?: string;
  readonly image?: string;
  readonly computeType?: string;
  readonly privilegedMode?: boolean;
  readonly environmentVariables?: readonly EnvironmentVariable[];
  readonly dockerServer?: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

export interface BuildSource {
  readonly type?: string;
  readonly location?: string;
  readonly buildspec?: string;
  readonly [other: string]: unknown;
}

export interface LogsConfig {
  readonly cloudWatchLogs?: { readonly status: string; readonly groupName?: string; readonly streamName?: string };
  readonly s3Logs?: Readonly<Record<string, unknown>>;
}

export interface Project {
  readonly name: string;
  readonly arn: string;
  readonly created: number;
  readonly lastModified: number;
  readonly serviceRole: string;
  readonly source: BuildSource;
  readonly sourceVersion?: string;
  readonly artifacts: Readonly<Record<string, unknown>>;
  readonly environment: BuildEnvironment;
  readonly timeoutInMinutes: number;
  readonly queuedTimeoutInMinutes: number;
  readonly logsConfig?: LogsConfig;
  readonly [other: string]: unknown;
}

/** A build as `BatchGetBuilds` gives it. */
export interface BuildView {
  readonly id: string;
  readonly arn: string;
  readonly buildNumber: number;
  readonly startTime: number;
  endTime?: number;
  currentPhase: PhaseType;
  buildStatus: string;
  buildComplete: boolean;
  readonly projectName: string;
  phases: PhaseView[];
  readonly source: BuildSource;
  readonly sourceVersion?: string;
  readonly artifacts: Readonly<Record<string, unknown>>;
  readonly environment: BuildEnvironment;
  readonly serviceRole: string;
  logs: Readonly<Record<string, unknown>>;
  readonly timeoutInMinutes: number;
  readonly queuedTimeoutInMinutes: number;
  readonly initiator: string;
  exportedEnvironmentVariables: readonly { readonly name: string; readonly value: string }[];
}
