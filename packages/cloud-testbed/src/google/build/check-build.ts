import { GoogleError } from "../google-error.ts";
import { type Build, type BuildStep, milliseconds } from "./build.ts";

/** What a request is held against besides itself. */
export interface CheckBuildContext {
  readonly project: string;
  readonly location: string;
  /** Names of the private pools that exist. */
  readonly pools: readonly string[];
}

// Limits: "Build configuration file schema" and "Quotas and limits" in the documentation; cloud-build-local, validate/validate.go.
const limits = { steps: 300, args: 100, arg: 10_000, env: 100, envText: 65_536, images: 100, tags: 64, diskGb: 4000 };
const longestBuildMs = 24 * 3600_000;

/**
 * Refuses what the service refuses before it accepts a build.
 *
 * @throws GoogleError INVALID_ARGUMENT, NOT_FOUND
 */
export function checkBuild(build: Build, context: CheckBuildContext): void {
  const steps = build.steps ?? [];
  if (steps.length === 0) throw invalid("invalid build: no build steps specified");
  if (steps.length > limits.steps)
    throw invalid(`invalid build: number of steps ${steps.length} exceeds ${limits.steps}`);
  const longest = milliseconds(build.timeout) ?? longestBuildMs;
  for (const [index, step] of steps.entries()) {
    checkStep(step, index, steps);
    if ((milliseconds(step.timeout) ?? 0) <= longest) continue;
    throw invalid(
      `invalid build: invalid .steps field: invalid .timeout in build step #${index}: build step timeout must be <= build timeout`,
    );
  }
  checkSecrets(build, steps);
  checkVolumes(build, steps);
  checkSubstitutions(build);
  checkLists(build);
  checkOptions(build, context);
  checkLogging(build);
  checkSource(build);
}

function checkStep(step: BuildStep, index: number, steps: readonly BuildStep[]): void {
  if (!step.name) throw invalid(`invalid build: build step ${index} must specify name`);
  if (step.script !== undefined && (step.args?.length || step.entrypoint)) {
    throw invalid(`invalid build: build step ${index} cannot specify script together with args or entrypoint`);
  }
  if ((step.args?.length ?? 0) > limits.args) {
    throw invalid(`invalid build: build step ${index} has too many args (max: ${limits.args})`);
  }
  for (const arg of step.args ?? []) {
    if (arg.length > limits.arg) throw invalid(`invalid build: build step ${index} arg too long (max: ${limits.arg})`);
  }
  checkEnvironment(step.env, `build step ${index}`);
  if (step.id !== undefined && steps.findIndex((other) => other.id === step.id) < index) {
    throw invalid(`invalid build: invalid .steps field: duplicate build step id "${step.id}"`);
  }
  for (const id of step.waitFor ?? []) {
    if (id === "-" || steps.slice(0, index).some((earlier) => earlier.id === id)) continue;
    throw invalid(
      `invalid build: invalid .steps field: build step #${index} depends on "${id}", which has not been defined`,
    );
  }
  const { dir } = step;
  if (dir?.split("/").includes("..")) {
    throw invalid(`invalid build: build step ${index} dir: path "${dir}" cannot refer to the parent directory`);
  }
}

function checkEnvironment(env: readonly string[] | undefined, what: string): void {
  if ((env?.length ?? 0) > limits.env) throw invalid(`invalid build: ${what} has too many envs (max: ${limits.env})`);
  for (const entry of env ?? []) {
    if (!/^[^=]+=/.test(entry)) throw invalid(`invalid build: ${what} env "${entry}" must be of the form "KEY=VALUE"`);
    if (entry.length > limits.envText) throw invalid(`invalid build: ${what} env too long (max: ${limits.envText})`);
  }
}

function checkSecrets(build: Build, steps: readonly BuildStep[]): void {
  const secrets = build.availableSecrets?.secretManager ?? [];
  if (build.secrets?.length || build.availableSecrets?.inline?.length) throw unimplemented("secrets of Cloud KMS");
  const used = [...(build.options?.secretEnv ?? []), ...steps.flatMap((step) => step.secretEnv ?? [])];
  const known = new Set<string>();
  for (const { versionName = "", env = "" } of secrets) {
    if (!/^projects\/[^/]+\/secrets\/[\w-]+\/versions\/(?:\d+|latest|[a-zA-Z][\w-]*)$/.test(versionName)) {
      throw invalid(`invalid build: invalid secret version name "${versionName}"`);
    }
    if (known.has(env)) throw invalid(`invalid build: secret environment variable "${env}" is defined more than once`);
    if (!used.includes(env)) throw invalid(`invalid build: secretEnv "${env}" is defined without being used`);
    known.add(env);
  }
  for (const name of used) {
    if (!known.has(name)) throw invalid(`invalid build: secretEnv "${name}" is used without being defined`);
  }
  const clash = steps.find((step) => step.env?.some((entry) => step.secretEnv?.includes(entry.split("=")[0] ?? "")));
  if (clash !== undefined) throw invalid("invalid build: an environment variable is defined both in env and secretEnv");
}

function checkVolumes(build: Build, steps: readonly BuildStep[]): void {
  const users = new Map<string, number>();
  for (const { name = "", path = "" } of steps.flatMap((step) => step.volumes ?? [])) {
    if (!path.startsWith("/")) throw invalid(`invalid build: volume path "${path}" is not valid, must be absolute`);
    if (/^\/(?:workspace|builder\/home|var\/run\/docker\.sock)(?:\/|$)/.test(path)) {
      throw invalid(`invalid build: volume cannot be mounted at the reserved path "${path}"`);
    }
    users.set(name, (users.get(name) ?? 0) + 1);
  }
  for (const [name, count] of users) {
    // "Using a named volume in only one step is not valid" (cloudbuild.proto, BuildStep.volumes).
    if (count === 1) throw invalid(`invalid build: volume "${name}" is only used by one step`);
  }
  if (build.options?.volumes?.length && steps.length === 1) {
    throw invalid("invalid build: global volumes need more than one step");
  }
}

function checkSubstitutions(build: Build): void {
  for (const key of Object.keys(build.substitutions ?? {})) {
    if (
      /^_[A-Z0-9_]+$/.test(key) ||
      /^(?:REPO_NAME|BRANCH_NAME|TAG_NAME|REVISION_ID|COMMIT_SHA|SHORT_SHA)$/.test(key)
    ) {
      continue;
    }
    throw invalid(
      `invalid value for 'build.substitutions': substitution key ${key} does not respect format "^_[A-Z0-9_]+$" and is not an overridable built-in substitutions`,
    );
  }
  if (build.options?.dynamicSubstitutions === true) throw unimplemented("dynamic substitutions");
}

function checkLists(build: Build): void {
  if ((build.tags?.length ?? 0) > limits.tags) throw invalid(`invalid build: number of tags exceeds ${limits.tags}`);
  for (const tag of build.tags ?? []) {
    if (/^[\w$][\w.${}-]{0,127}$/.test(tag)) continue;
    throw invalid(`invalid build: invalid build tag "${tag}": must match format "^[\\w][\\w.-]{0,127}$"`);
  }
  if ((build.images?.length ?? 0) > limits.images)
    throw invalid(`invalid build: number of images exceeds ${limits.images}`);
  if (build.artifacts !== undefined) throw unimplemented("artifacts");
}

function checkOptions(build: Build, { location, pools }: CheckBuildContext): void {
  const { options = {} } = build;
  if (Number(options.diskSizeGb ?? 0) > limits.diskGb) {
    throw invalid(`invalid value for 'build.options.disk_size_gb': ${options.diskSizeGb} exceeds ${limits.diskGb}`);
  }
  checkEnvironment(options.env, "build.options");
  const timeout = milliseconds(build.timeout) ?? 0;
  if (timeout < 0 || timeout > longestBuildMs) throw invalid("invalid build: invalid timeout: must be at most 24h0m0s");
  const pool = options.pool?.name ?? options.workerPool;
  if (pool === undefined || pool === "") return;
  const poolLocation = /^projects\/[^/]+\/locations\/([^/]+)\/workerPools\/[^/]+$/.exec(pool)?.[1];
  if (poolLocation === undefined) throw invalid(`invalid value for 'build.options.pool.name': "${pool}"`);
  if (poolLocation !== location) {
    throw invalid(`build region "${location}" does not match the region of the worker pool "${poolLocation}"`);
  }
  if (!pools.includes(pool)) throw new GoogleError("NOT_FOUND", `workerpool not found: ${pool}`);
  if (options.machineType !== undefined && options.machineType !== "UNSPECIFIED") {
    throw invalid("build.options.machine_type cannot be used together with build.options.pool");
  }
}

function checkLogging(build: Build): void {
  const { serviceAccount, logsBucket, options = {} } = build;
  if (serviceAccount && !/^projects\/[^/]+\/serviceAccounts\/[^/]+$/.test(serviceAccount)) {
    throw invalid(`invalid value for 'build.service_account': "${serviceAccount}"`);
  }
  if (logsBucket && !/^(?:gs:\/\/)?[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](?:\/.*)?$/.test(logsBucket)) {
    throw invalid(`invalid bucket "${logsBucket}"`);
  }
  const behavior = options.defaultLogsBucketBehavior;
  const own = behavior !== undefined && behavior !== "DEFAULT_LOGS_BUCKET_BEHAVIOR_UNSPECIFIED";
  const without = ["CLOUD_LOGGING_ONLY", "STACKDRIVER_ONLY", "NONE"].includes(options.logging ?? "");
  if (serviceAccount && !logsBucket && !own && !without) {
    throw invalid(
      "if 'build.service_account' is specified, the build must either (a) specify 'build.logs_bucket', (b) use the REGIONAL_USER_OWNED_BUCKET build.options.default_logs_bucket_behavior option, or (c) use either CLOUD_LOGGING_ONLY / NONE logging options",
    );
  }
  if (logsBucket && own) {
    throw invalid("'build.logs_bucket' and 'build.options.default_logs_bucket_behavior' cannot both be specified");
  }
}

function checkSource(build: Build): void {
  if (build.source === undefined) return;
  const { storageSource, ...others } = build.source;
  const [other] = Object.keys(others);
  if (other !== undefined) throw unimplemented(`source.${other}`);
  if (!storageSource?.bucket || !storageSource.object) {
    throw invalid("invalid build: storage source must specify bucket and object");
  }
  if (!/\.(?:tar\.gz|tgz|zip)$/.test(storageSource.object)) {
    throw invalid(`invalid build: source object "${storageSource.object}" must be a .zip or .tar.gz file`);
  }
}

function invalid(message: string): GoogleError {
  return new GoogleError("INVALID_ARGUMENT", message);
}

/** The service can do it and this fake cannot: it says so instead of passing over it. */
function unimplemented(what: string): GoogleError {
  return new GoogleError("UNIMPLEMENTED", `this fake of Cloud Build does not carry out ${what}`);
}
