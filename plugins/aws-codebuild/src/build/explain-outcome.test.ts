import type { ResolvedImageSpec } from "@imagespec/core";
import { expect, test } from "vitest";
import type { CodebuildBuild } from "../aws/ports.ts";
import { aBuild, failedPhase } from "../testing/a-build.ts";
import { explainOutcome } from "./explain-outcome.ts";

// Only its lists are looked at.
const spec = {
  packages: [],
  requirementLines: [],
  aptPackages: ["nonsense"],
  condaPackages: [],
  secrets: [],
} as unknown as ResolvedImageSpec;

function explain(changes: Partial<CodebuildBuild>, more: Partial<Parameters<typeof explainOutcome>[1]> = {}) {
  const build = aBuild({ log: { group: "g", stream: "s", link: "https://console.example/log" }, ...changes });
  return explainOutcome(build, {
    project: "images",
    spec,
    target: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/train",
    failed: undefined,
    tail: [],
    limits: { timeoutMinutes: 60, queueMinutes: 30 },
    ...more,
  });
}

const command = failedPhase("BUILD", "COMMAND_EXECUTION_ERROR", "Error while executing command: exit status 1");

test.each<[string, Partial<CodebuildBuild>, string, string]>([
  [
    "stopped",
    { status: "STOPPED", phases: [failedPhase("BUILD", "", "", "STOPPED")] },
    "CLOUD_BUILD_STOPPED",
    "in BUILD",
  ],
  [
    "too long in the queue",
    { status: "TIMED_OUT", phases: [failedPhase("QUEUED", "", "", "TIMED_OUT")] },
    "CLOUD_QUEUE_TIMEOUT",
    "30 minutes",
  ],
  [
    "too long",
    { status: "TIMED_OUT", phases: [failedPhase("BUILD", "BUILD_TIMED_OUT", "", "TIMED_OUT")] },
    "BUILD_TIMEOUT",
    "60 minutes in BUILD",
  ],
  [
    "a fault",
    { status: "FAULT", phases: [failedPhase("PROVISIONING", "INTERNAL_SERVICE_ERROR", "x", "FAULT")] },
    "CLOUD_BUILD_FAULT",
    "in PROVISIONING",
  ],
  [
    "a log that cannot be opened",
    { status: "FAILED", phases: [failedPhase("PROVISIONING", "CWL_THROTTLING_EXCEPTION", "Rate exceeded")] },
    "CLOUD_BUILD_FAULT",
    "Rate exceeded",
  ],
  [
    "a buildspec",
    { status: "FAILED", phases: [failedPhase("DOWNLOAD_SOURCE", "YAML_FILE_ERROR", "YAML file does not exist")] },
    "CLOUD_BUILD_ENVIRONMENT",
    "YAML file",
  ],
  [
    "a build image",
    {
      status: "FAILED",
      phases: [
        failedPhase(
          "PROVISIONING",
          "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE",
          "Unable to pull customer's container image",
        ),
      ],
    },
    "CLOUD_BUILD_ENVIRONMENT",
    "Unable to pull",
  ],
  [
    "a role",
    { status: "FAILED", phases: [failedPhase("QUEUED", "ACCESS_DENIED", "not authorized to perform: sts:AssumeRole")] },
    "CLOUD_BUILD_ENVIRONMENT",
    "role of the project",
  ],
  [
    "a context",
    {
      status: "FAILED",
      phases: [
        failedPhase(
          "DOWNLOAD_SOURCE",
          "CLIENT_ERROR",
          "AccessDenied: arn:aws:sts::1:assumed-role/b/x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::c/k",
        ),
      ],
    },
    "CLOUD_SOURCE",
    "fetch its context",
  ],
  [
    "a secret",
    {
      status: "FAILED",
      phases: [failedPhase("DOWNLOAD_SOURCE", "CLIENT_ERROR", "Secrets Manager can't find the specified secret.")],
    },
    "CLOUD_SOURCE",
    "secret",
  ],
  [
    "a parameter",
    { status: "FAILED", phases: [failedPhase("SUBMITTED", "CLIENT_ERROR", "Parameter does not exist: /x")] },
    "CLOUD_SOURCE",
    "secret",
  ],
  [
    "another phase",
    { status: "FAILED", phases: [failedPhase("UPLOAD_ARTIFACTS", "CLIENT_ERROR", "x")] },
    "BUILD_FAILED",
    "UPLOAD_ARTIFACTS",
  ],
  ["commands", { status: "FAILED", phases: [command] }, "BUILD_FAILED", "exit status 1"],
])("%s", (_, build, code, message) => {
  const error = explain(build);
  expect(error).toMatchObject({
    code,
    details: { provider: "aws", build: "images:1", log: "https://console.example/log" },
  });
  expect(error.message).toContain(message);
  expect(error.hint).toMatch(/^[a-z]/);
});

test("what the role of the project lacks is told with principal, action and resource", () => {
  const words =
    "AccessDenied: arn:aws:sts::1:assumed-role/b/x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::c/k";
  expect(
    explain({ status: "FAILED", phases: [failedPhase("DOWNLOAD_SOURCE", "CLIENT_ERROR", words)] }).details,
  ).toMatchObject({
    principal: "arn:aws:sts::1:assumed-role/b/x",
    action: "s3:GetObject",
    resource: "arn:aws:s3:::c/k",
  });
});

test("a step is told with its field, and what its log says", () => {
  const planned = { firstLine: 1, lastLine: 1, name: "apt", field: "aptPackages" };
  const failed = {
    name: "apt",
    planned,
    message: 'process "/bin/sh -c apt" did not complete successfully: exit code: 100',
    tail: ["E: Unable to locate package nonsense"],
  };
  expect(explain({ status: "FAILED", phases: [command] }, { failed })).toMatchObject({
    code: "DEBIAN_PACKAGE_NOT_FOUND",
    problems: [{ path: "aptPackages[0]" }],
    details: { exitCode: 100, step: "apt", provider: "aws" },
  });
});

test.each<[string, string, string]>([
  ["denied: User is not authorized to perform: ecr:InitiateLayerUpload", "REGISTRY_DENIED", "push"],
  ["name unknown: The repository with name 'x' does not exist in the registry", "REGISTRY_NOT_FOUND", "push"],
  ["toomanyrequests: You have reached your pull rate limit", "REGISTRY_RATE_LIMITED", "pull"],
  ["Cannot connect to the Docker daemon at unix:///var/run/docker.sock", "CLOUD_BUILD_ENVIRONMENT", "privileged"],
  ["write /layer.tar: no space left on device", "DISK_FULL", "space"],
])("%s", (line, code, word) => {
  const error = explain({ status: "FAILED", phases: [command] }, { tail: ["something", line] });
  expect(error.code).toBe(code);
  expect(`${error.message} ${error.hint}`).toContain(word);
});
