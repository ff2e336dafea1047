import { expect, test } from "vitest";
import { isTerminal } from "./build-state.ts";
import { parseBuild } from "./parse-build.ts";

test.each([
  [0, "UNKNOWN STATUS_UNKNOWN", false],
  [1, "QUEUED", false],
  [2, "WORKING", false],
  [3, "SUCCESS", true],
  [4, "FAILURE", true],
  [5, "INTERNAL_ERROR", true],
  [6, "TIMEOUT", true],
  [7, "CANCELLED", true],
  [9, "EXPIRED", true],
  [10, "PENDING", false],
  ["PENDING", "PENDING", false],
  ["EXPIRED", "EXPIRED", true],
  [99, "UNKNOWN 99", false],
  ["NEW_STATE", "UNKNOWN NEW_STATE", false],
  [undefined, "UNKNOWN undefined", false],
])("status %s is %s", (status, name, ended) => {
  const state = parseBuild({ status });
  expect(state.status).toBe(name);
  expect(isTerminal(state)).toBe(ended);
});

test("what gRPC and REST say of one build is the same", () => {
  const spans = {
    grpc: { startTime: { seconds: "1700000000", nanos: 500_000_000 }, endTime: { seconds: "1700000002", nanos: 0 } },
    rest: { startTime: "2023-11-14T22:13:20.500Z", endTime: "2023-11-14T22:13:22Z" },
  };
  const common = { id: "b1", logUrl: "https://log", logsBucket: "gs://b/logs", statusDetail: "x", tags: ["imagespec"] };
  const grpc = parseBuild({
    ...common,
    status: 4,
    failureInfo: { type: 5, detail: "step failed" },
    steps: [{ id: "build", status: 4, exitCode: 7, timing: spans.grpc }],
    timing: { FETCHSOURCE: spans.grpc },
    results: { images: [{ name: "r/i", digest: "sha256:0" }], buildStepOutputs: [Buffer.from("é"), Buffer.alloc(0)] },
  });
  const rest = parseBuild({
    ...common,
    status: "FAILURE",
    failureInfo: { type: "USER_BUILD_STEP", detail: "step failed" },
    steps: [{ id: "build", status: "FAILURE", exitCode: 7, timing: spans.rest }],
    timing: { FETCHSOURCE: spans.rest },
    results: { images: [{ name: "r/i", digest: "sha256:0" }], buildStepOutputs: ["w6k=", ""] },
  });
  expect(rest).toEqual(grpc);
  expect(grpc).toMatchObject({
    status: "FAILURE",
    failure: { type: "USER_BUILD_STEP", detail: "step failed" },
    steps: [{ id: "build", exitCode: 7, ms: 1500 }],
    phases: { FETCHSOURCE: { ms: 1500 } },
    outputs: ["é", ""],
  });
});

test("a build without anything has no failure, no steps and no digest", () => {
  expect(parseBuild(undefined)).toMatchObject({ id: "", failure: undefined, steps: [], images: [], outputs: [] });
  expect(parseBuild({ failureInfo: { type: 0, detail: "" } }).failure).toBeUndefined();
});
