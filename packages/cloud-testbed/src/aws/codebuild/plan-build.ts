import type {
  BuildEnvironment,
  BuildSource,
  BuildView,
  EnvironmentVariable,
  LogsConfig,
  Project,
} from "./build-view.ts";

/** What StartBuild is told; of the overrides those that change what a build does. */
export interface StartBuildInput {
  readonly projectName: string;
  readonly sourceVersion?: string;
  readonly sourceTypeOverride?: string;
  readonly sourceLocationOverride?: string;
  readonly buildspecOverride?: string;
  readonly artifactsOverride?: Readonly<Record<string, unknown>>;
  readonly environmentVariablesOverride?: readonly EnvironmentVariable[];
  readonly environmentTypeOverride?: string;
  readonly imageOverride?: string;
  readonly computeTypeOverride?: string;
  readonly privilegedModeOverride?: boolean;
  readonly imagePullCredentialsTypeOverride?: string;
  readonly registryCredentialOverride?: Readonly<Record<string, unknown>>;
  readonly certificateOverride?: string;
  readonly fleetOverride?: Readonly<Record<string, unknown>>;
  readonly hostKernelOverride?: string;
  readonly cacheOverride?: Readonly<Record<string, unknown>>;
  readonly serviceRoleOverride?: string;
  readonly timeoutInMinutesOverride?: number;
  readonly queuedTimeoutInMinutesOverride?: number;
  readonly encryptionKeyOverride?: string;
  readonly logsConfigOverride?: LogsConfig;
  readonly debugSessionEnabled?: boolean;
  readonly autoRetryLimitOverride?: number;
  readonly idempotencyToken?: string;
}

/** What is known of a build before it has an id. */
export type PlannedBuild = Omit<BuildView, "id" | "arn" | "buildNumber" | "initiator"> & {
  readonly logsConfig: LogsConfig;
};

/** The project's settings with those of StartBuild over them. */
export function planBuild(project: Project, input: StartBuildInput): PlannedBuild {
  const variables = new Map<string, EnvironmentVariable>();
  const { environmentVariables: ofProject = [] } = project.environment;
  for (const variable of [...ofProject, ...(input.environmentVariablesOverride ?? [])]) {
    variables.set(variable.name, { ...variable, type: variable.type ?? "PLAINTEXT" });
  }
  const environment: BuildEnvironment = {
    ...project.environment,
    ...given({
      type: input.environmentTypeOverride,
      image: input.imageOverride,
      computeType: input.computeTypeOverride,
      privilegedMode: input.privilegedModeOverride,
      imagePullCredentialsType: input.imagePullCredentialsTypeOverride,
      registryCredential: input.registryCredentialOverride,
      certificate: input.certificateOverride,
      fleet: input.fleetOverride,
      hostKernel: input.hostKernelOverride,
    }),
    environmentVariables: [...variables.values()],
  };
  const source: BuildSource = {
    ...project.source,
    ...given({
      type: input.sourceTypeOverride,
      location: input.sourceLocationOverride,
      buildspec: input.buildspecOverride,
    }),
  };
  const sourceVersion = input.sourceVersion ?? project.sourceVersion;
  const logsConfig = input.logsConfigOverride ?? project.logsConfig ?? {};
  const cloudWatchLogs = logsConfig.cloudWatchLogs ?? { status: "ENABLED" };
  return {
    startTime: Date.now() / 1000,
    currentPhase: "QUEUED",
    buildStatus: "IN_PROGRESS",
    buildComplete: false,
    projectName: project.name,
    phases: [],
    source,
    ...(sourceVersion !== undefined && { sourceVersion }),
    artifacts: input.artifactsOverride ?? project.artifacts,
    environment: { privilegedMode: false, ...environment },
    serviceRole: input.serviceRoleOverride ?? project.serviceRole,
    // Where the log will be is known when the machine is.
    logs: {
      deepLink: "https://console.aws.amazon.com/cloudwatch/home#logEvent:group=null;stream=null",
      cloudWatchLogs,
      ...(logsConfig.s3Logs !== undefined && { s3Logs: logsConfig.s3Logs }),
    },
    timeoutInMinutes: input.timeoutInMinutesOverride ?? project.timeoutInMinutes,
    queuedTimeoutInMinutes: input.queuedTimeoutInMinutesOverride ?? project.queuedTimeoutInMinutes,
    ...given({ cache: input.cacheOverride ?? project["cache"], encryptionKey: input.encryptionKeyOverride }),
    exportedEnvironmentVariables: [],
    logsConfig: { ...logsConfig, cloudWatchLogs },
  };
}

/** Those entries that have a value. */
function given(entries: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}
