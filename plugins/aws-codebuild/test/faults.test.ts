import type { AwsFault } from "@imagespec/cloud-testbed";
import type { ImageSpecInput } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import { afterEach, describe, expect, test } from "vitest";
import { sharedBench } from "./support/shared-bench.ts";
import type { TestBench } from "./support/test-bench.ts";

/** Each takes seconds: every day those that are told apart most easily, all of them with `npm run test:package`. */
const everyDay = process.env["IMAGESPEC_WHOLE"] === undefined;
const some: ReadonlySet<string> = new Set([
  "a start whose answer is lost",
  "a repository that is not known everywhere at once",
  "StartBuild",
  "CreateRepository",
  "a time-out",
  "another digest than it pushed",
  "an image that cannot be pulled",
]);
const chosen = <T extends readonly [string, ...unknown[]]>(rows: readonly T[]): readonly T[] =>
  rows.filter(([title]) => !everyDay || some.has(title));

const open = sharedBench();
let bench: TestBench;
let name: string;
let before: number;

/** An image of one file on an empty base: nothing is pulled, resolved or run. */
async function small(context: Parameters<typeof open>[0]): Promise<ImageSpecInput> {
  bench = await open(context);
  name = bench.newName();
  before = bench.fake.builds.length;
  await bench.write({ "data/text": `${name}\n` });
  return { name, baseImage: "scratch", copy: [{ from: "data", to: "/data" }] };
}

const built = () => bench.fake.builds.slice(before);
const warnings = () => bench.events.flatMap((event) => (event.type === "warning" ? [event.message] : []));

async function failureOf(build: Promise<unknown>) {
  const error: unknown = await build.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (isImageSpecError(error)) return error;
  throw new Error(`expected a failure, got ${String(error)}`);
}

/** Whatever happened: no build goes on, no tag of a build is left, and every fault struck. */
afterEach(async () => {
  if (bench === undefined) return;
  expect(bench.fake.faults.pending).toEqual([]);
  expect(built().filter(({ buildStatus }) => buildStatus === "IN_PROGRESS")).toEqual([]);
  expect(await bench.leftTags(name).catch(() => [])).toEqual([]);
});

describe("goes on, with one build", () => {
  test.for<[string, AwsFault[], string | undefined]>(
    chosen([
      ["throttled starts", [{ op: "StartBuild", kind: "throttle", times: 2 }], undefined],
      ["throttled looks", [{ op: "BatchGetBuilds", kind: "throttle", times: 3 }], undefined],
      ["a start whose answer is lost", [{ op: "StartBuild", kind: "drop-after" }], undefined],
      ["a start that is not heard", [{ op: "StartBuild", kind: "drop-before" }], undefined],
      ["a start that meets a fault without words", [{ op: "StartBuild", kind: "empty-500" }], undefined],
      ["a role that is new", [{ op: "StartBuild", kind: "role-not-assumable" }], undefined],
      ["a build that is not known at first", [{ op: "BatchGetBuilds", kind: "builds-not-found", times: 2 }], undefined],
      ["a state that is new", [{ op: "build", kind: "unknown-status", status: "NEW_STATE", answers: 2 }], "NEW_STATE"],
      ["a stream that comes late", [{ op: "build", kind: "late-stream", ms: 1500 }], undefined],
      ["lines that come late", [{ op: "build", kind: "late-lines", ms: 400 }], undefined],
      [
        "empty and repeated pages",
        [
          { op: "GetLogEvents", kind: "empty-page" },
          { op: "GetLogEvents", kind: "repeated-page" },
        ],
        undefined,
      ],
      ["a log that may not be read", [{ op: "GetLogEvents", kind: "denied" }], "logs:GetLogEvents"],
      ["a bucket that is slow", [{ op: "PutObject", kind: "throttle" }], undefined],
      ["a registry that is slow", [{ op: "registry:PutManifest", kind: "throttle" }], undefined],
      ["a login that expires", [{ op: "registry:PostUpload", kind: "token-expired", after: 1 }], undefined],
      [
        "a repository that is not known everywhere at once",
        [{ op: "registry:PostUpload", kind: "not-found", after: 1 }],
        undefined,
      ],
      [
        "a repository that is not known everywhere",
        [{ op: "registry:PostUpload", kind: "not-found", after: 2 }],
        undefined,
      ],
    ]),
  )("%s", async ([, faults, warning], context) => {
    const input = await small(context);
    bench.fake.faults.push(...faults);
    const result = await bench.build(input);
    expect(built().map(({ buildStatus }) => buildStatus)).toEqual(["SUCCEEDED"]);
    const { digest, tag } = result;
    const found = await bench.client
      .repository({ registry: bench.fake.registry, repository: name })
      .headManifest({ tag });
    expect(found?.digest).toBe(digest);
    if (warning === undefined) expect(warnings()).toEqual([]);
    else expect(warnings()).toEqual([expect.stringContaining(warning)]);
  });

  test.skipIf(everyDay)("a log is told whole and once, whatever its pages", async (context) => {
    const input = await small(context);
    bench.fake.faults.push(
      { op: "GetLogEvents", kind: "empty-page" },
      { op: "GetLogEvents", kind: "repeated-page" },
      { op: "build", kind: "late-lines", ms: 300 },
    );
    await bench.build(input);
    const told = bench.events.flatMap((event) => (event.type === "log" ? event.text.split("\n") : []));
    const lines = bench.fake.buildLog(built()[0]?.id ?? "").split("\n");
    const pushed = (all: readonly string[]) =>
      all.filter((line) => line.startsWith("imagespec: ") && line !== "imagespec: start");
    expect(pushed(told)).toEqual(pushed(lines));
    expect(pushed(told)).toContainEqual(expect.stringMatching(/^imagespec: pushed sha256:[0-9a-f]{64}$/));
  });
});

describe("says who lacks which right", () => {
  test.for<[string, string]>(
    chosen([
      ["StartBuild", "codebuild:StartBuild"],
      ["BatchGetBuilds", "codebuild:BatchGetBuilds"],
      ["PutObject", "s3:PutObject"],
      ["GetAuthorizationToken", "ecr:GetAuthorizationToken"],
      ["CreateRepository", "ecr:CreateRepository"],
    ]),
  )("%s", async ([op, action], context) => {
    const input = await small(context);
    // The login of earlier tests is still good: an account that has none yet asks for one.
    if (op === "GetAuthorizationToken") bench.fake.expireTokens();
    bench.fake.faults.push({ op, kind: "denied", times: 1 });
    const error = await failureOf(bench.build(input));
    const facts = JSON.stringify([
      error.message,
      error.hint,
      error.details,
      error.cause instanceof Error ? error.cause.message : "",
    ]);
    expect(facts).toContain(action);
    expect(`${error.code} ${JSON.stringify(error.details)}`).toContain("CLOUD_DENIED");
    expect(facts).toMatch(/arn:aws:[a-z]+::?\d*:/);
  });
});

describe("fails with the cause", () => {
  const phase = (
    given: string,
    status: "FAILED" | "FAULT" | "TIMED_OUT" | "STOPPED",
    statusCode = "",
    times = 1,
  ): AwsFault =>
    ({ op: "build", kind: "phase-ends", phase: given, status, statusCode, message: "as scripted", times }) as AwsFault;
  test.for<[string, AwsFault, string, number]>(
    chosen([
      ["a time-out", phase("BUILD", "TIMED_OUT"), "BUILD_TIMEOUT", 1],
      ["a time-out in the queue", phase("QUEUED", "TIMED_OUT"), "CLOUD_QUEUE_TIMEOUT", 1],
      ["a stop by somebody else", phase("BUILD", "STOPPED"), "CLOUD_BUILD_STOPPED", 1],
      ["a context that cannot be read", phase("DOWNLOAD_SOURCE", "FAILED", "CLIENT_ERROR"), "CLOUD_SOURCE", 1],
      [
        "a buildspec that cannot be read",
        phase("DOWNLOAD_SOURCE", "FAILED", "YAML_FILE_ERROR"),
        "CLOUD_BUILD_ENVIRONMENT",
        1,
      ],
      [
        "an image that cannot be pulled",
        phase("PROVISIONING", "FAILED", "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"),
        "CLOUD_BUILD_ENVIRONMENT",
        1,
      ],
      ["faults, two in a row", phase("PROVISIONING", "FAULT", "INTERNAL_ERROR", 2), "CLOUD_BUILD_FAULT", 2],
      ["another digest than it pushed", { op: "build", kind: "wrong-digest" }, "CLOUD_RESULT", 1],
      [
        "a project that is not there",
        { op: "StartBuild", kind: "error", code: "ResourceNotFoundException", message: "Project cannot be found" },
        "CLOUD_NOT_FOUND",
        0,
      ],
    ]),
  )("%s", async ([, fault, code, count], context) => {
    const input = await small(context);
    bench.fake.faults.push(fault);
    const error = await failureOf(bench.build(input));
    expect(error).toMatchObject({ code, details: { provider: "aws" } });
    expect(built()).toHaveLength(count);
    const tags = await bench.client.tags({ registry: bench.fake.registry, repository: name }).catch(() => []);
    expect(tags).toEqual([]);
  });

  test.skipIf(everyDay)("one fault of the service is met by a second build", async (context) => {
    const input = await small(context);
    bench.fake.faults.push(phase("PROVISIONING", "FAULT", "INTERNAL_ERROR"));
    await bench.build(input);
    expect(built().map(({ buildStatus }) => buildStatus)).toEqual(["FAULT", "SUCCEEDED"]);
    expect(bench.events.filter(({ type }) => type === "retry")).toHaveLength(1);
  });

  test.skipIf(everyDay)("a step that fails is told with its field and its lines", async (context) => {
    await small(context);
    const commands = ["true", "echo about to fail; exit 7"];
    const error = await failureOf(bench.build({ name, baseImage: bench.base, commands }));
    expect(error).toMatchObject({
      code: "BUILD_STEP_FAILED",
      problems: [{ path: "commands[1]" }],
      details: { provider: "aws", exitCode: 7 },
    });
    expect(error.logTail).toContain("about to fail");
  });
});

describe("a quota", () => {
  test("of nothing fails at once", async (context) => {
    const input = await small(context);
    const { limits } = bench.fake;
    const { accepted } = limits;
    limits.accepted = 0;
    try {
      const error = await failureOf(bench.build(input));
      expect(error).toMatchObject({ code: "CLOUD_QUOTA", details: { isFinal: true } });
    } finally {
      limits.accepted = accepted;
    }
  });

  test.skipIf(everyDay)("that is used up is waited for", async (context) => {
    const input = await small(context);
    const { limits } = bench.fake;
    const { accepted } = limits;
    limits.accepted = 1;
    try {
      const other = { ...input, name: `${name}-2`, labels: { other: "1" } };
      await Promise.all([bench.build(input), bench.build(other)]);
      expect(built().map(({ buildStatus }) => buildStatus)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
      expect(bench.events.some((event) => event.type === "retry" && event.what === "start the build")).toBe(true);
    } finally {
      limits.accepted = accepted;
    }
  });
});

describe("an abort leaves no build behind", () => {
  test("while it runs", async (context) => {
    await small(context);
    const controller = new AbortController();
    const building = bench.build(
      { name, baseImage: bench.base, commands: ["echo begun; sleep 60"] },
      {
        signal: controller.signal,
        onEvent: (event) => {
          bench.events.push(event);
          if (event.type === "log" && event.text.includes("begun")) controller.abort();
        },
      },
    );
    expect((await failureOf(building)).code).toBe("ABORTED");
    // The engine answers at once; what is to be stopped is stopped meanwhile, long before the command would have ended.
    await bench.fake.idle();
    expect(built().map(({ buildStatus }) => buildStatus)).toEqual(["STOPPED"]);
  });

  test("while it starts, when nobody knows its id", async (context) => {
    const input = await small(context);
    const controller = new AbortController();
    bench.fake.faults.push({ op: "StartBuild", kind: "delay", ms: 700 });
    const building = bench.build(input, {
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === "step" && event.id === "start" && event.state === "running")
          setTimeout(() => controller.abort(), 200);
      },
    });
    expect((await failureOf(building)).code).toBe("ABORTED");
    await bench.fake.idle();
    expect(built().every(({ buildStatus }) => buildStatus === "STOPPED")).toBe(true);
  });
});
