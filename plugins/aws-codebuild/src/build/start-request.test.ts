import type { NormalizedSecret } from "@imagespec/core";
import { expect, test } from "vitest";
import type { AwsCodebuildOptions } from "../aws-codebuild-options.ts";
import { startRequest } from "./start-request.ts";

const registry = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

function secret(id: string, from: NormalizedSecret["from"]): NormalizedSecret {
  return { id, from, steps: ["commands"], target: `/run/secrets/${id}`, cacheBust: undefined };
}

function request(
  options: AwsCodebuildOptions = {},
  more: {
    readonly platform?: string;
    readonly secrets?: readonly NormalizedSecret[];
    readonly attempt?: number;
    readonly nonce?: string;
  } = {},
) {
  const { platform = "linux/amd64", secrets = [], attempt = 1, nonce = "0011223344556677" } = more;
  return startRequest({
    options: { project: "images", bucket: "contexts", ...options, ...{} } as Parameters<
      typeof startRequest
    >[0]["options"],
    prepared: {
      plan: {
        text: "FROM scratch\n",
        dialect: "modern",
        context: [],
        secrets: secrets.map(({ id }) => ({ id, kind: "spec", secret: id })),
        steps: [],
        buildArgs: { IMAGESPEC_NEWLINE: "\n" },
      },
      platform,
      base: undefined,
      machineFiles: [{ id: "_imagespec_uv", path: "machine/uv-config", text: "" }],
    },
    secrets,
    context: { key: "imagespec/contexts/abc.tar.gz", version: "v7" },
    target: { registry, repository: "acme/train", tag: "imagespec-0011223344556677" },
    nonce,
    attempt,
  });
}

function variablesOf(built: ReturnType<typeof request>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    built.environmentVariablesOverride.map(({ name, value, type }) => [name, `${type} ${value}`]),
  );
}

test("asks for a build of its own source, machine and buildspec", () => {
  const { buildspecOverride, idempotencyToken, environmentVariablesOverride, ...rest } = request();
  expect(rest).toEqual({
    projectName: "images",
    sourceTypeOverride: "S3",
    sourceLocationOverride: "contexts/imagespec/contexts/abc.tar.gz",
    sourceVersion: "v7",
    artifactsOverride: { type: "NO_ARTIFACTS" },
    environmentTypeOverride: "LINUX_CONTAINER",
    imageOverride: "aws/codebuild/amazonlinux-x86_64-standard:5.0",
    imagePullCredentialsTypeOverride: "CODEBUILD",
    privilegedModeOverride: true,
    timeoutInMinutesOverride: 60,
    queuedTimeoutInMinutesOverride: 30,
    autoRetryLimitOverride: 0,
    cacheOverride: { type: "NO_CACHE" },
  });
  expect(buildspecOverride).toContain("version: 0.2");
  expect(idempotencyToken).toMatch(/^[0-9a-f]{64}$/);
  expect(variablesOf(request())).toEqual({
    IMAGESPEC_ARCHIVE: "PLAINTEXT abc.tar.gz",
    IMAGESPEC_IMAGE: `PLAINTEXT ${registry}/acme/train:imagespec-0011223344556677`,
    IMAGESPEC_ECR: `PLAINTEXT ${registry} eu-central-1`,
    IMAGESPEC_FILES: "PLAINTEXT _imagespec_uv machine/uv-config",
    IMAGESPEC_NEWLINES: "PLAINTEXT IMAGESPEC_NEWLINE",
  });
});

test("asks for a native machine for ARM", () => {
  expect(request({}, { platform: "linux/arm64" })).toMatchObject({
    environmentTypeOverride: "ARM_CONTAINER",
    imageOverride: "aws/codebuild/amazonlinux-aarch64-standard:3.0",
  });
});

test("carries out the settings of the machine", () => {
  const compute = {
    type: "2XLARGE",
    image: { "linux/amd64": `${registry}/build:1` },
    environment: "ec2",
    fleet: "arn:aws:codebuild:eu-central-1:123456789012:fleet/x",
    timeoutMinutes: 90,
    queueMinutes: 5,
  } as const;
  expect(request({ compute, logGroup: "/images", cache: "local" })).toMatchObject({
    environmentTypeOverride: "LINUX_EC2",
    computeTypeOverride: "BUILD_GENERAL1_2XLARGE",
    imageOverride: `${registry}/build:1`,
    imagePullCredentialsTypeOverride: "SERVICE_ROLE",
    fleetOverride: { fleetArn: compute.fleet },
    timeoutInMinutesOverride: 90,
    queuedTimeoutInMinutesOverride: 5,
    cacheOverride: { type: "LOCAL", modes: ["LOCAL_DOCKER_LAYER_CACHE"] },
    logsConfigOverride: { cloudWatchLogs: { status: "ENABLED", groupName: "/images" } },
  });
  const server = request({ compute: { dockerServer: true, image: "project" }, buildspec: "project" });
  expect(server).toMatchObject({ privilegedModeOverride: false });
  expect([server.imageOverride, server.buildspecOverride]).toEqual([undefined, undefined]);
  expect(variablesOf(server)["IMAGESPEC_PLAIN"]).toBe("PLAINTEXT yes");
});

test("hands secrets on by reference alone", () => {
  const secrets = [
    secret("a", { aws: "prod/token:key::" }),
    secret("b", { aws: "arn:aws:ssm:eu-central-1:123456789012:parameter/prod/b" }),
    secret("c", { env: "TOKEN" }),
  ];
  const login = { username: "acme", password: { secretsManager: "hub" } };
  const built = request(
    { secrets: { c: { parameterStore: "/c" } }, registryLogins: { "docker.io": login } },
    { secrets },
  );
  expect(variablesOf(built)).toMatchObject({
    IMAGESPEC_SECRET_0: "SECRETS_MANAGER prod/token:key::",
    IMAGESPEC_SECRET_1: "PARAMETER_STORE /prod/b",
    IMAGESPEC_SECRET_2: "PARAMETER_STORE /c",
    IMAGESPEC_SECRETS: "PLAINTEXT a IMAGESPEC_SECRET_0\nb IMAGESPEC_SECRET_1\nc IMAGESPEC_SECRET_2",
    IMAGESPEC_USER_0: "PLAINTEXT acme",
    IMAGESPEC_PASSWORD_0: "SECRETS_MANAGER hub",
    IMAGESPEC_LOGINS: "PLAINTEXT docker.io IMAGESPEC_USER_0 IMAGESPEC_PASSWORD_0",
  });
  expect(() => request({}, { secrets: [secret("c", { env: "TOKEN" })] })).toThrow(
    expect.objectContaining({ code: "BUILDER_DECLINED" }),
  );
});

test("gives each platform a cache of its own", () => {
  const cache = { registry: `${registry}/acme/cache:main` };
  expect(variablesOf(request({ cache }, { platform: "linux/arm64" }))).toMatchObject({
    IMAGESPEC_CACHE: `PLAINTEXT ${registry}/acme/cache:main-arm64`,
    IMAGESPEC_CACHE_MODE: "PLAINTEXT max",
  });
});

test("two builds have two tokens, and a second attempt another", () => {
  const token = (more: Parameters<typeof request>[1]) => request({}, more).idempotencyToken;
  expect(token({})).toBe(token({}));
  expect(new Set([token({}), token({ attempt: 2 }), token({ nonce: "other" })]).size).toBe(3);
});
