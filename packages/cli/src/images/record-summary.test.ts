import fc from "fast-check";
import { expect, test } from "vitest";
import { summarizeRecord } from "./record-summary.ts";

const encode = (value: unknown) => Buffer.from(JSON.stringify(value));

test("tells what is worth telling, and leaves out what says nothing", () => {
  const summary = summarizeRecord(
    encode({
      version: 1,
      builder: "assemble",
      created: "2026-11-25T14:10:22.192Z",
      spec: {
        tag: "u1-a",
        fingerprint: "f0",
        pythonVersion: "3.13",
        packages: ["pandas"],
        aptPackages: [],
        env: {},
        bytecode: false,
        profile: "imagespec",
        source: { files: 0, size: 0 },
        workdir: "/app",
        base: { kind: "reference", reference: "docker.io/library/python:3.13-slim", digest: "sha256:ab" },
        floating: ["packages"],
      },
      resolution: {
        distributions: [
          { name: "pandas", version: "3.1.1" },
          { name: "numpy", version: "2.5.5" },
        ],
      },
      record: { debian: { packages: [{ name: "bash", version: "5.2" }] } },
    }),
  );
  expect(summary).toEqual({
    created: "2026-11-25T14:10:22.192Z",
    builder: "assemble",
    tag: "u1-a",
    fingerprint: "f0",
    base: "docker.io/library/python:3.13-slim@sha256:ab",
    spec: { pythonVersion: "3.13", packages: ["pandas"], workdir: "/app" },
    floating: ["packages"],
    distributions: ["numpy 2.5.5", "pandas 3.1.1"],
    debianPackages: ["bash 5.2"],
  });
});

test.each([
  [{ kind: "scratch" }, "scratch"],
  [{ kind: "debian", suite: "trixie" }, "debian trixie"],
  [{ kind: "image", fingerprint: "0123456789abcdef0123" }, "image with fingerprint 0123456789abcdef"],
  [{ kind: "oci-layout", name: "a:1", digest: "sha256:ab" }, "a:1@sha256:ab"],
  [{ kind: "later" }, undefined],
  ["text", undefined],
])("base %j", (base, expected) => {
  expect(summarizeRecord(encode({ spec: { base } }))?.base).toBe(expected);
});

test("takes whatever stands where a record should", () => {
  expect(summarizeRecord(Buffer.from("{"))).toBeUndefined();
  expect(summarizeRecord(encode({ spec: [] }))).toBeUndefined();
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (spec, resolution, record) => {
      expect(() => summarizeRecord(encode({ spec, resolution, record }))).not.toThrow();
    }),
  );
});
