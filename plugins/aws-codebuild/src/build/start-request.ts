import { createHash } from "node:crypto";
import type { PreparedImage } from "@imagespec/cloud-support";
import type { NormalizedSecret } from "@imagespec/core";
import type { CompleteOptions } from "../assert-options.ts";
import type { BuildVariable, StartBuildInput } from "../aws/ports.ts";
import { parseEcrHost } from "../ecr/ecr-host.ts";
import { buildspec } from "./buildspec.ts";
import { secretVariables } from "./secret-variables.ts";

/** Images that AWS keeps for builds, with Docker and buildx. */
export const buildImages: Readonly<Record<string, string>> = {
  "linux/amd64": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
  "linux/arm64": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
};

export interface StartParts {
  readonly options: CompleteOptions;
  readonly prepared: Pick<PreparedImage, "plan" | "platform" | "base" | "machineFiles">;
  readonly secrets: readonly NormalizedSecret[];
  /** The context in the bucket. */
  readonly context: { readonly key: string; readonly version: string | undefined };
  readonly target: { readonly registry: string; readonly repository: string; readonly tag: string };
  /** Of this build alone: equal requests of two builds are two builds. */
  readonly nonce: string;
  /** 1, or 2 after a fault of the service. */
  readonly attempt: number;
}

/** What CodeBuild is asked to do for an image of one platform. Pure. */
export function startRequest(parts: StartParts): StartBuildInput {
  const { options, prepared, context, nonce, attempt } = parts;
  const { compute = {}, cache = "none", bucket, project, logGroup } = options;
  const { timeoutMinutes = 60, queueMinutes = 30, type, dockerServer = false } = compute;
  const platform = prepared.platform.replace(/\/v8$/, "");
  const machine = platform === "linux/arm64" ? "ARM" : "LINUX";
  const image = forPlatform(compute.image, platform) ?? buildImages[platform];
  const fleet = forPlatform(compute.fleet, platform);
  const isOwnImage = image !== undefined && !image.startsWith("aws/codebuild/");
  const request: Omit<StartBuildInput, "idempotencyToken"> = {
    projectName: typeof project === "string" ? project : project.name,
    sourceTypeOverride: "S3",
    sourceLocationOverride: `${bucket}/${context.key}`,
    ...(context.version === undefined ? {} : { sourceVersion: context.version }),
    artifactsOverride: { type: "NO_ARTIFACTS" },
    ...(options.buildspec === "project" ? {} : { buildspecOverride: buildspec }),
    environmentVariablesOverride: variables(parts),
    environmentTypeOverride: `${machine}_${compute.environment === "ec2" ? "EC2" : "CONTAINER"}`,
    ...(image === undefined || image === "project"
      ? {}
      : { imageOverride: image, imagePullCredentialsTypeOverride: isOwnImage ? "SERVICE_ROLE" : "CODEBUILD" }),
    ...(type === undefined ? {} : { computeTypeOverride: `BUILD_GENERAL1_${type}` }),
    ...(fleet === undefined ? {} : { fleetOverride: { fleetArn: fleet } }),
    privilegedModeOverride: compute.privileged ?? !dockerServer,
    timeoutInMinutesOverride: timeoutMinutes,
    queuedTimeoutInMinutesOverride: queueMinutes,
    autoRetryLimitOverride: 0,
    cacheOverride: cache === "local" ? { type: "LOCAL", modes: ["LOCAL_DOCKER_LAYER_CACHE"] } : { type: "NO_CACHE" },
    ...(logGroup === undefined
      ? {}
      : { logsConfigOverride: { cloudWatchLogs: { status: "ENABLED", groupName: logGroup } } }),
  };
  // The SDK sends it again when a connection breaks: with a token that is one build.
  const idempotencyToken = createHash("sha256")
    .update(JSON.stringify([request, nonce, attempt]))
    .digest("hex");
  return { ...request, idempotencyToken };
}

function variables({ options, prepared, secrets, context, target }: StartParts): readonly BuildVariable[] {
  const { cache, buildkitImage, compute } = options;
  const { plan, base, machineFiles } = prepared;
  const byReference = secretVariables(plan.secrets, secrets, options);
  const hosts = [target.registry, base?.reference.split("/", 1)[0] ?? ""].filter(
    (host, index, all) => (index === 0 || parseEcrHost(host) !== undefined) && all.indexOf(host) === index,
  );
  const ecr = hosts.map((host) => [host, parseEcrHost(host)?.region ?? ""].join(" ").trim());
  const plain: Readonly<Record<string, string>> = {
    IMAGESPEC_ARCHIVE: context.key.slice(context.key.lastIndexOf("/") + 1),
    IMAGESPEC_IMAGE: `${target.registry}/${target.repository}:${target.tag}`,
    IMAGESPEC_ECR: ecr.join("\n"),
    IMAGESPEC_LOGINS: byReference.logins.join("\n"),
    IMAGESPEC_SECRETS: byReference.secrets.join("\n"),
    IMAGESPEC_FILES: machineFiles.map(({ id, path }) => `${id} ${path}`).join("\n"),
    IMAGESPEC_NEWLINES: Object.keys(plan.buildArgs).join(" "),
    ...(typeof cache === "object"
      ? {
          // Of each platform its own: two at once would replace each other's.
          IMAGESPEC_CACHE: `${cache.registry}-${prepared.platform.split("/").slice(1).join("-")}`,
          IMAGESPEC_CACHE_MODE: cache.mode ?? "max",
        }
      : {}),
    IMAGESPEC_BUILDKIT: buildkitImage ?? "",
    IMAGESPEC_PLAIN: compute?.dockerServer === true ? "yes" : "",
  };
  return [
    ...Object.entries(plain).flatMap(([name, value]) =>
      value === "" ? [] : [{ name, value, type: "PLAINTEXT" as const }],
    ),
    ...byReference.variables,
  ];
}

function forPlatform(
  value: string | Readonly<Record<string, string>> | undefined,
  platform: string,
): string | undefined {
  return typeof value === "object" ? value[platform] : value;
}
