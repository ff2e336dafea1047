import { expect, test } from "vitest";
import type { Build } from "./build.ts";
import { checkBuild } from "./check-build.ts";

const steps = [{ name: "bash" }];
const check = (build: Build) => checkBuild(build, { project: "p", location: "global", pools: [] });

test.for<Build>([
  { steps },
  {
    steps: [
      { name: "a", id: "one" },
      { name: "b", waitFor: ["one", "-"] },
    ],
  },
  { steps, timeout: { seconds: 86_400 }, options: { diskSizeGb: "4000" } },
  { steps, serviceAccount: "projects/p/serviceAccounts/x@y", logsBucket: "gs://bucket/folder" },
  {
    steps,
    serviceAccount: "projects/p/serviceAccounts/x@y",
    options: { defaultLogsBucketBehavior: "REGIONAL_USER_OWNED_BUCKET" },
  },
  { steps, tags: ["a_b.c-d"], substitutions: { _A1: "x", COMMIT_SHA: "y" } },
  {
    steps: [{ name: "bash", secretEnv: ["A"] }],
    availableSecrets: { secretManager: [{ env: "A", versionName: "projects/p/secrets/s/versions/latest" }] },
  },
])("%j is accepted", (build) => {
  expect(() => check(build)).not.toThrow();
});

const secret = { env: "A", versionName: "projects/p/secrets/s/versions/1" };

// cloud-build-local, validate/validate.go, and "Build configuration file schema".
test.for<readonly [Build, string]>([
  [{}, "no build steps"],
  [{ steps: [{}] }, "must specify name"],
  [{ steps: [{ name: "a", script: "x", entrypoint: "y" }] }, "script"],
  [
    {
      steps: [
        { name: "a", id: "x" },
        { name: "b", id: "x" },
      ],
    },
    '"x"',
  ],
  [{ steps: [{ name: "a", waitFor: ["a"], id: "a" }] }, 'depends on "a"'],
  [{ steps: [{ name: "a", env: ["A"] }] }, "KEY=VALUE"],
  [{ steps: [{ name: "a", dir: "../x" }] }, "parent directory"],
  [{ steps: [{ name: "a", timeout: { seconds: 20 } }], timeout: { seconds: 10 } }, "must be <= build timeout"],
  [{ steps: [{ name: "a", args: ["x".repeat(10_001)] }] }, "too long"],
  [{ steps: [{ name: "a", args: Array(101).fill("x") }] }, "too many args"],
  [{ steps: [{ name: "a", volumes: [{ name: "v", path: "/v" }] }] }, "only used by one step"],
  [{ steps: [{ name: "a", volumes: [{ name: "v", path: "/workspace" }] }] }, "reserved"],
  [{ steps, availableSecrets: { secretManager: [secret] } }, "without being used"],
  [{ steps: [{ name: "a", secretEnv: ["A"] }] }, "without being defined"],
  [
    {
      steps: [{ name: "a", secretEnv: ["A"] }],
      availableSecrets: { secretManager: [{ ...secret, versionName: "s" }] },
    },
    "version",
  ],
  [{ steps, substitutions: { lower: "x" } }, "does not respect format"],
  [{ steps, substitutions: { PROJECT_ID: "x" } }, "does not respect format"],
  [{ steps, source: { storageSource: { bucket: "b", object: "x.tar" } } }, ".tar.gz"],
  [{ steps, source: { storageSource: { object: "x.zip" } } }, "bucket"],
  [{ steps, source: { gitSource: {} } }, "does not carry out"],
  [{ steps, artifacts: {} }, "does not carry out"],
  [{ steps, serviceAccount: "x@y", logsBucket: "b-1" }, "service_account"],
  [
    { steps, logsBucket: "gs://b-1", options: { defaultLogsBucketBehavior: "REGIONAL_USER_OWNED_BUCKET" } },
    "cannot both",
  ],
  [{ steps, options: { pool: { name: "mine" } } }, "pool"],
])("%j is refused", ([build, message]) => {
  expect(() => check(build)).toThrow(message);
});
