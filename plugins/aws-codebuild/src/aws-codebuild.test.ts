import { ImageSpec, type ImageSpecInput, resolveImageSpec, type SelectionContext } from "@imagespec/core";
import { describe, expect, test, vi } from "vitest";
import { awsCodebuild } from "./aws-codebuild.ts";
import type { AwsCodebuildOptions } from "./aws-codebuild-options.ts";

const registry = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
const options = { project: "images", bucket: "contexts", region: "eu-central-1" };
const ecr = { output: { kind: "registry", registry, repository: "acme/train", tag: "t" } } as SelectionContext;

async function verdict(input: ImageSpecInput, given: AwsCodebuildOptions = options, context = ecr) {
  const spec = await resolveImageSpec(new ImageSpec(input), { root: import.meta.dirname });
  return awsCodebuild(given).shouldBuild(spec, context);
}

test("takes what a spec can say", async () => {
  const input: ImageSpecInput = {
    packages: ["numpy", "x @ git+https://example.org/x"],
    aptPackages: ["git"],
    commands: [{ run: "true", secrets: ["token"] }],
    secrets: [{ id: "token", from: { aws: "prod/token" } }],
    platform: ["linux/amd64", "linux/arm64"],
  };
  expect(await verdict(input)).toMatchObject({ action: "build", detail: expect.stringContaining("images") });
});

test("has the priority and capabilities of the contract", () => {
  const { name, priority, capabilities } = awsCodebuild();
  expect([name, priority]).toEqual(["aws-codebuild", 60]);
  for (const missing of [
    "multi-platform",
    "emulation",
    "secret-env",
    "secret-google",
    "output-local-store",
    "python-exec",
  ] as const)
    expect(capabilities.has(missing)).toBe(false);
  expect(awsCodebuild({ secrets: { a: { secretsManager: "a" } } }).capabilities.has("secret-env")).toBe(true);
});

describe("declines", () => {
  const local = { output: { kind: "registry", registry: "ghcr.io", repository: "a", tag: "t" } } as SelectionContext;
  test.each<[string, ImageSpecInput, AwsCodebuildOptions, SelectionContext, string]>([
    ["another registry", {}, options, local, "output"],
    ["without a project", {}, {}, ecr, ""],
    ["a platform without machines", { platform: "linux/s390x" }, options, ecr, "platform"],
    [
      "ARM on a Docker server",
      { platform: "linux/arm64" },
      { ...options, compute: { dockerServer: true } },
      ecr,
      "platform",
    ],
    ["a secret of this machine", { secrets: [{ id: "a", from: { env: "A" } }] }, options, ecr, "secrets[0]"],
    ["a base of this machine", { baseImage: "localhost:5000/a" }, options, ecr, "baseImage"],
    ["packages on scratch", { baseImage: "scratch", aptPackages: ["git"] }, options, ecr, "aptPackages"],
    [
      "an unknown option",
      { builder: "aws-codebuild", builderOptions: { fast: true } },
      options,
      ecr,
      "builderOptions.fast",
    ],
  ])("%s", async (_, input, given, context, path) => {
    vi.stubEnv("IMAGESPEC_AWS_PROJECT", "");
    vi.stubEnv("IMAGESPEC_AWS_BUCKET", "");
    expect(await verdict(input, given, context)).toMatchObject({
      action: "decline",
      problems: [{ path, hint: expect.any(String) }],
    });
    vi.unstubAllEnvs();
  });
});

test("takes a secret of this machine that the options have a reference for", async () => {
  const given = { ...options, secrets: { a: { parameterStore: "/a" } } };
  expect(await verdict({ secrets: [{ id: "a", from: { env: "A" } }] }, given)).toMatchObject({ action: "build" });
});

test("takes a registry that the options name, and project and bucket of the environment", async () => {
  vi.stubEnv("IMAGESPEC_AWS_PROJECT", "images");
  vi.stubEnv("IMAGESPEC_AWS_BUCKET", "contexts");
  const output = { kind: "registry", registry: "ecr.acme.dev", repository: "a", tag: "t" } as const;
  expect(await verdict({}, { registries: ["ecr.acme.dev"] }, { output } as SelectionContext)).toMatchObject({
    action: "build",
  });
  vi.unstubAllEnvs();
});

test.each<[string, unknown]>([
  ["Lambda", { compute: { type: "LAMBDA_4GB" } }],
  ["Lambda", { compute: { environment: "LINUX_LAMBDA_CONTAINER" } }],
  ["compute.timeoutMinutes", { compute: { timeoutMinutes: 4 } }],
  ["compute.queueMinutes", { compute: { queueMinutes: 481 } }],
  ["project", { project: "arn:aws:codebuild:eu-central-1:1:project/x" }],
  ["project.serviceRole", { project: { name: "images", serviceRole: "role" } }],
  ["bucket", { bucket: "s3://x" }],
  ["prefix", { prefix: "/x/" }],
  ["cache", { cache: "s3" }],
  ["secrets.a", { secrets: { a: "the value" } }],
  ["registryLogins", { registryLogins: { "docker.io": { username: "u", password: "the value" } } }],
])("refuses %s that cannot work", (name, given) => {
  const create = () => awsCodebuild(given as AwsCodebuildOptions);
  expect(create).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(name) }));
  expect(create).not.toThrow(/the value/);
});

test("says what is missing to be available", async () => {
  vi.stubEnv("IMAGESPEC_AWS_PROJECT", "");
  const context = { signal: new AbortController().signal } as SelectionContext;
  expect(await awsCodebuild({}).isAvailable?.(context)).toMatchObject({
    available: false,
    hint: expect.stringContaining("bucket"),
  });
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  expect(await awsCodebuild({ ...options, credentials }).isAvailable?.(context)).toEqual({ available: true });
  vi.unstubAllEnvs();
});
