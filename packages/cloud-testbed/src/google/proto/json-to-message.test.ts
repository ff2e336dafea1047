import fc from "fast-check";
import { expect, test } from "vitest";
import { assertCloudBuildMessage } from "./assert-cloud-build-message.ts";
import { messageType, toBytes, toPlain } from "./cloud-build-protos.ts";
import { jsonToMessage } from "./json-to-message.ts";
import { messageToJson } from "./message-to-json.ts";

const build = messageType("Build");
const read = (value: unknown) => jsonToMessage(build, value, "build");

test("proto3 JSON is read with both spellings of a name", () => {
  const message = {
    queueTtl: { seconds: "90", nanos: 500_000_000 },
    source: { storageSource: { bucket: "b", object: "o", generation: "12345678901234567" } },
    options: { machineType: "E2_HIGHCPU_8", diskSizeGb: "100" },
    substitutions: { _A: "1" },
  };
  expect(
    read({
      queueTtl: "90.5s",
      source: { storageSource: { bucket: "b", object: "o", generation: "12345678901234567" } },
      options: { machineType: "E2_HIGHCPU_8", diskSizeGb: 100 },
      substitutions: { _A: "1" },
    }),
  ).toEqual(message);
  expect(
    read({
      queue_ttl: "90.5s",
      source: { storage_source: { bucket: "b", object: "o", generation: "12345678901234567" } },
      options: { machine_type: 5, disk_size_gb: "100" },
      substitutions: { _A: "1" },
    }),
  ).toEqual(message);
});

// https://protobuf.dev/programming-guides/json/ and the errors of Google's front end for REST.
test.for([
  [{ colour: 1 }, `Unknown name "colour" at 'build': Cannot find field.`],
  [{ steps: [{ nme: "x" }] }, `Unknown name "nme" at 'build.steps[0]': Cannot find field.`],
  [{ steps: {} }, "Invalid value at 'build.steps'"],
  [{ steps: [{ args: [1] }] }, "Invalid value at 'build.steps[0].args[0]' (TYPE_STRING), 1"],
  [{ steps: [{ allowFailure: "yes" }] }, "(TYPE_BOOL)"],
  [{ timeout: 60 }, "google.protobuf.Duration"],
  [{ timeout: { seconds: 60 } }, "google.protobuf.Duration"],
  [{ options: { machineType: "HUGE" } }, "BuildOptions.MachineType"],
  [{ options: { machineType: 99 } }, "BuildOptions.MachineType"],
  [{ options: { diskSizeGb: 1.5 } }, "(TYPE_INT64)"],
  [{ source: { storageSource: {}, repoSource: {} } }, "oneof"],
  ["text", "Invalid value at 'build'"],
] as const)("%j is refused", ([value, message]) => {
  expect(() => read(value)).toThrow(message);
});

test("objects of the client library are held to the same rules", () => {
  const check = (value: object) => jsonToMessage(build, value, "build", "object");
  expect(() => assertCloudBuildMessage("CreateBuildRequest", { build: { steps: [{ nme: "x" }] } })).toThrow(
    "build.steps[0]",
  );
  expect(check({ timeout: { seconds: 60 }, options: { logging: 2 } })).toMatchObject({
    options: { logging: "GCS_ONLY" },
  });
  expect(() => check({ timeout: 60 })).toThrow("build.timeout");
  expect(() => check({ stepps: [] })).toThrow('Unknown name "stepps"');
});

test("a message survives the wire and JSON", () => {
  const text = fc.string({ unit: "grapheme" });
  const step = fc.record({ name: text, args: fc.array(text, { minLength: 1 }), timeout: fc.nat().map(String) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1 }), fc.uint8Array({ minLength: 1 }), (steps, output) => {
      const message = {
        steps: steps.map((one) => ({ ...one, timeout: { seconds: one.timeout, nanos: 0 } })),
        status: "WORKING",
        results: { buildStepOutputs: [Buffer.from(output)] },
      };
      expect(toPlain(build, toBytes(build, message))).toEqual(message);
      expect(read(JSON.parse(JSON.stringify(messageToJson(build, message, { numericEnums: true }))))).toEqual(message);
    }),
  );
});

test("a number that no enum has goes out as it is", () => {
  const message = { status: 99 };
  expect(toPlain(build, toBytes(build, message))).toEqual(message);
  expect(messageToJson(build, message, { numericEnums: false })).toEqual(message);
  expect(messageToJson(build, { status: "PENDING" }, { numericEnums: true })).toEqual({ status: 10 });
});
