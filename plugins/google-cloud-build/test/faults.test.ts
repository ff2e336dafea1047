import type { BuildScript, FakeGoogle } from "@imagespec/cloud-testbed/google";
import type { BuildEvent } from "@imagespec/core";
import { type ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { startStack } from "@imagespec/test-support";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isTerminal } from "../src/client/build-state.ts";
import { openCloudBuild } from "../src/client/cloud-build-adapter.ts";
import { type Bench, type BenchBuild, openBench, tinySpec } from "./support/bench.ts";

let bench: Bench;
let google: FakeGoogle;
let started = 0;
beforeAll(async () => {
  bench = await openBench(await startStack(), { secondMs: 20 });
  google = bench.google;
});
afterAll(() => bench?.[Symbol.asyncDispose]());
beforeEach(async () => {
  google.faults.clear();
  google.denials.clear();
  bench.events.length = 0;
  started = (await builds()).length;
});
afterEach(async () => {
  // Whatever happened: nothing of it still runs, and nobody pays for it.
  expect((await builds()).filter((build) => !isTerminal(build))).toEqual([]);
});

async function builds() {
  const client = await openCloudBuild({ project: google.project, location: google.location }, bench.options);
  try {
    return await client.listBuilds({ first: 500 }, { signal: AbortSignal.timeout(10_000) });
  } finally {
    await client.close();
  }
}

/** Minutes in all: every day those run that a refactoring breaks first. */
const whole = describe.skipIf(process.env["IMAGESPEC_WHOLE"] !== "1");

const newBuilds = async (): Promise<number> => (await builds()).length - started;
const build = (more: BenchBuild = {}) => bench.build(tinySpec(), more);

async function failure(more: BenchBuild = {}): Promise<ImageSpecError> {
  try {
    await build(more);
  } catch (error) {
    if (isImageSpecError(error)) return error;
    throw error;
  }
  throw new Error("the build succeeded");
}

const events = (type: BuildEvent["type"]): readonly BuildEvent[] => bench.events.filter((event) => event.type === type);
const script = (...scripts: readonly BuildScript[]): void => google.scriptBuilds(...scripts);

whole("throttling", () => {
  test.each(["ListBuilds", "CreateBuild", "GetBuild", "storage.objects.create"] as const)(
    "%s is made again, and one build is started",
    async (op) => {
      google.faults.push({ op, times: 2, error: "RESOURCE_EXHAUSTED", message: "Quota exceeded for quota metric" });
      await build();
      expect(google.faults.pending).toEqual([]);
      expect(await newBuilds()).toBe(1);
    },
  );
});

describe("a start that is not answered", () => {
  test.each([
    ["carried out, the connection cut", { error: "drop", answerLost: true }],
    ["carried out, answered with UNAVAILABLE", { error: "UNAVAILABLE", answerLost: true }],
    ["not carried out", { error: "drop" }],
  ] as const)("is found again or made again: %s", async (_, fault) => {
    google.faults.push({ op: "CreateBuild", ...fault });
    await build();
    expect(await newBuilds()).toBe(1);
    expect(events("retry")).toMatchObject([{ what: "start the build" }]);
  });

  test("may be lost twice", async () => {
    google.faults.push({ op: "CreateBuild", times: 2, error: "UNAVAILABLE" });
    await build();
    expect(await newBuilds()).toBe(1);
  });
});

whole("rights that are missing", () => {
  test.each([
    ["storage.buckets.list", "roles/storage.bucketViewer", "storage.buckets.list"],
    ["storage.objects.create", "roles/storage.objectUser", "storage.objects.create"],
  ])("%s: who, what and on what", async (permission, role, action) => {
    google.denials.deny({ permission, principal: google.principals.caller });
    const error = await failure();
    expect(error).toMatchObject({
      code: "CLOUD_DENIED",
      hint: expect.stringContaining(role),
      details: { provider: "google", principal: google.principals.caller, action },
    });
    expect(await newBuilds()).toBe(0);
  });

  test("a right that was given only now is waited for", async () => {
    google.denials.deny({ permission: "storage.objects.create", times: 1 });
    await build();
    expect(events("retry")).toMatchObject([{ what: "upload the context" }]);
  });

  test("builds may not be started", async () => {
    google.faults.push({
      op: "CreateBuild",
      times: 9,
      error: "PERMISSION_DENIED",
      message: "The caller does not have permission",
    });
    const error = await failure();
    expect(error).toMatchObject({
      code: "CLOUD_DENIED",
      hint: expect.stringContaining("roles/cloudbuild.builds.editor"),
    });
    expect(await newBuilds()).toBe(0);
  });

  test("the account of the build may not be used", async () => {
    const message = "caller does not have permission to act as service account builder@acme.iam.gserviceaccount.com";
    google.faults.push({ op: "CreateBuild", times: 9, error: "PERMISSION_DENIED", message });
    const error = await failure();
    expect(error).toMatchObject({
      code: "CLOUD_DENIED",
      hint: expect.stringContaining("roles/iam.serviceAccountUser"),
    });
  });

  test("the account of the build may not fetch the context", async () => {
    google.denials.deny({ permission: "storage.objects.get", principal: google.principals.builder });
    const error = await failure();
    expect(error).toMatchObject({ code: "CLOUD_SOURCE", hint: expect.stringContaining("roles/storage.objectViewer") });
    expect(error.message).toContain("gs://");
  });

  test("the account of the build may not push", async () => {
    google.denials.deny({
      permission: "artifactregistry.repositories.uploadArtifacts",
      principal: google.principals.builder,
    });
    const error = await failure();
    expect(error).toMatchObject({ code: "REGISTRY_DENIED", details: { provider: "google" } });
  });

  test("the log may not be read: it warns, and the image is there", async () => {
    google.denials.deny({ permission: "storage.objects.get", resource: "/logs/", principal: google.principals.caller });
    const image = await build();
    expect(image.digest).toMatch(/^sha256:/);
    expect(events("warning")).toMatchObject([
      { message: expect.stringContaining("https://console.cloud.google.com/") },
    ]);
  });

  test("an API that is off is named, with the command that enables it", async () => {
    google.setApi("cloudbuild.googleapis.com", false);
    try {
      expect(await failure()).toMatchObject({
        code: "CLOUD_SERVICE_DISABLED",
        hint: expect.stringContaining(`gcloud services enable cloudbuild.googleapis.com --project ${google.project}`),
      });
    } finally {
      google.setApi("cloudbuild.googleapis.com", true);
    }
  });
});

whole("quota and queue", () => {
  test("a region that is closed to the project", async () => {
    const message =
      "due to quota restrictions, cannot run builds in this region, see https://cloud.google.com/build/docs/locations";
    google.faults.push({ op: "CreateBuild", error: "FAILED_PRECONDITION", message });
    expect(await failure()).toMatchObject({ code: "CLOUD_QUOTA", hint: expect.stringContaining("another region") });
  });

  test("a build that waits long", async () => {
    script({ queueMs: 2000 });
    await build();
    expect(events("step")).toContainEqual(expect.objectContaining({ id: "queue", state: "running" }));
  });

  test("a build that waits for too long", async () => {
    script({ queueMs: Number.POSITIVE_INFINITY });
    const options = { machine: { queueMinutes: 1 } };
    expect(await failure({ options })).toMatchObject({
      code: "CLOUD_QUEUE_TIMEOUT",
      message: expect.stringContaining("1 minutes"),
    });
  });
});

whole("faults of the service", () => {
  test.each<[string, NonNullable<BuildScript["ends"]>]>([
    ["INTERNAL_ERROR", { status: "INTERNAL_ERROR", statusDetail: "worker lost" }],
    [
      "LOGGING_FAILURE",
      { status: "FAILURE", failureInfo: { type: "LOGGING_FAILURE", detail: "could not write logs" } },
    ],
  ])("%s: once more, then it is an error", async (_, ends) => {
    script({ ends });
    await build();
    expect(await newBuilds()).toBe(2);
    script({ ends }, { ends });
    expect(await failure()).toMatchObject({ code: "CLOUD_BUILD_FAULT" });
    expect(await newBuilds()).toBe(4);
  });

  test("TIMEOUT: with the limit", async () => {
    script({ ends: { status: "TIMEOUT", statusDetail: "build exceeded its timeout" } });
    const options = { machine: { timeoutMinutes: 7 } };
    expect(await failure({ options })).toMatchObject({
      code: "BUILD_TIMEOUT",
      message: expect.stringContaining("7 minutes"),
    });
    expect(await newBuilds()).toBe(1);
  });

  test("CANCELLED by somebody else", async () => {
    script({ ends: { status: "CANCELLED" } });
    expect(await failure()).toMatchObject({
      code: "CLOUD_BUILD_STOPPED",
      message: expect.stringContaining("somebody else"),
    });
  });

  test.each([
    ["FETCH_SOURCE_FAILED", "CLOUD_SOURCE"],
    ["PUSH_NOT_AUTHORIZED", "REGISTRY_DENIED"],
    ["PUSH_IMAGE_NOT_FOUND", "CLOUD_RESULT"],
    ["PUSH_FAILED", "BUILD_FAILED"],
    ["USER_BUILD_STEP", "BUILD_FAILED"],
  ] as const)("%s is %s", async (type, code) => {
    script({ ends: { status: "FAILURE", failureInfo: { type, detail: "as the service words it" } } });
    const error = await failure();
    expect(error).toMatchObject({ code, details: { provider: "google", failure: type } });
    expect(error.message).toContain("as the service words it");
  });
});

whole("states", () => {
  test("one that nobody knows yet is waited out, with a warning", async () => {
    script({ shows: ["PENDING", 99, "QUEUED"] });
    await build();
    expect(events("warning")).toMatchObject([{ message: expect.stringContaining("99") }]);
  });

  test("a build is not known at first", async () => {
    script({ notFoundReads: 3 });
    await build();
    expect(await newBuilds()).toBe(1);
  });

  test("a look that fails is repeated", async () => {
    google.faults.push({ op: "GetBuild", times: 3, error: "UNAVAILABLE" });
    await build();
    expect(await newBuilds()).toBe(1);
  });
});

describe("results", () => {
  test.each([
    ["none", /does not say which image/],
    [`sha256:${"0".repeat(64)}`, /says it pushed/],
  ])("a digest that is %s is an error", async (digests, message) => {
    script({ digests });
    expect(await failure()).toMatchObject({ code: "CLOUD_RESULT", message: expect.stringMatching(message) });
  });

  test("a tag that cannot be moved, and that somebody else was faster with", async () => {
    google.addRepository("fixed", { immutableTags: true });
    const spec = tinySpec();
    const name = "fixed-app";
    const first = await bench.build({ ...spec, name }, { repository: "fixed" });
    // Not asked whether it is there, the builder makes it again: with other times, and so another digest.
    const again = await bench.build({ ...spec, name }, { repository: "fixed", force: true });
    expect(again.digest).toBe(first.digest);
    expect((await builds()).slice(0, 2).map(({ status }) => status)).toEqual(["FAILURE", "SUCCESS"]);
  });

  test("a token that has become worthless is replaced", async () => {
    google.revokeTokens();
    const image = await build({
      onEvent: (event) => {
        if (event.type === "step" && event.id === "verify" && event.state === "running") google.revokeTokens();
      },
    });
    expect(image.digest).toMatch(/^sha256:/);
  });
});
