import type { ErrorCode } from "@imagespec/errors";
import type { FaultMatch, FaultRule } from "@imagespec/plugin-kit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { expectHit, type FaultBench, failureOf, openFaultBench } from "./fault-bench.ts";

const token = { users: { ada: "pw" }, scheme: "token" } as const;
let bench: FaultBench;

beforeAll(async () => {
  bench = await openFaultBench({ auth: token });
});
afterAll(() => bench?.[Symbol.asyncDispose]());
beforeEach(() => {
  bench.project.index.clear();
  bench.project.upstream.clear();
});

const always = "always";
const lookUp: FaultMatch = { method: ["HEAD", "GET"], path: /\/manifests\/u1-/ };
const start: FaultMatch = { method: "POST", path: "/blobs/uploads/" };
const put: FaultMatch = { method: "PUT", path: "/blobs/uploads/" };
const manifest: FaultMatch = { method: "PUT", path: /\/manifests\/sha256:/ };
const tag: FaultMatch = { method: "PUT", path: /\/manifests\/u1-/ };
const read: FaultMatch = { method: "GET", path: /\/(?:manifests|blobs)\/sha256:/ };
const baseManifest: FaultMatch = { method: "GET", path: "/base/manifests/" };
const baseBlob: FaultMatch = { method: "GET", path: "/base/blobs/" };

const status = (code: number, more: object = {}) => ({ kind: "status", status: code, ...more }) as const;

type Passing = readonly [name: string, rules: readonly FaultRule[]];
type Failing = readonly [...Passing, code: ErrorCode];

describe("a registry with trouble gets the image all the same:", () => {
  test.each<Passing>([
    ["a token that expires every few requests", [{ times: 6, fault: { kind: "expire-token", afterRequests: 3 } }]],
    ["429 with Retry-After", [{ match: start, after: 1, times: 2, fault: status(429, { retryAfter: 0 }) }]],
    ["500 to the first question", [{ match: lookUp, fault: status(500) }]],
    ["502 to the start of an upload", [{ match: start, after: 2, times: 2, fault: status(502) }]],
    ["502 to a blob that the registry took", [{ match: put, after: 1, fault: status(502, { forward: true }) }]],
    ["500 to the manifest", [{ match: manifest, fault: status(500) }]],
    ["503 to the tag", [{ match: tag, times: 2, fault: status(503) }]],
    ["502 to a tag that the registry took", [{ match: tag, fault: status(502, { forward: true }) }]],
    ["a reset at byte 70000 of a blob", [{ match: put, times: 2, fault: { kind: "reset", afterBytes: 70_000 } }]],
    ["a reset instead of the answer to a blob", [{ match: put, after: 1, fault: { kind: "reset", in: "response" } }]],
    ["a reset instead of the answer to the tag", [{ match: tag, fault: { kind: "reset", in: "response" } }]],
    ["silence in the middle of a blob", [{ match: put, fault: { kind: "stall", afterBytes: 1000 } }]],
    ["a truncated answer when the image is checked", [{ match: read, fault: { kind: "truncate", afterBytes: 10 } }]],
    ["slow answers and latency", [{ times: always, fault: { kind: "delay", ms: 10 } }]],
    [
      "uploads and content on another host",
      [
        { match: start, times: always, fault: { kind: "upload-elsewhere" } },
        { match: read, times: always, fault: { kind: "redirect" } },
      ],
    ],
    ["a registry without HEAD", [{ times: always, fault: { kind: "refuse-head" } }]],
    ["a blob that is lost before the manifest", [{ match: manifest, fault: { kind: "lose-blob" } }]],
  ])("%s", async (_, rules) => {
    await using faulty = await bench.open({ auth: token });
    faulty.target.add(...rules);
    const result = await faulty.build();
    expectHit(faulty.target, rules);
    for (const { headers } of faulty.target.otherHostRequests) expect(headers["authorization"]).toBeUndefined();
    await faulty.expectWhole(result);
  });
});

describe("a registry that does not recover: no tag, the right code, and the next build is fine:", () => {
  test.each<Failing>([
    ["401 in the middle, by another challenge", [{ match: put, after: 2, fault: status(401) }], "REGISTRY_AUTH"],
    ["401 for ever", [{ match: put, times: always, fault: status(401) }], "REGISTRY_AUTH"],
    ["429 for ever", [{ match: put, times: always, fault: status(429) }], "REGISTRY_RATE_LIMITED"],
    ["500 to blobs for ever", [{ match: put, after: 1, times: always, fault: status(500) }], "REGISTRY_ERROR"],
    ["502 to the manifest for ever", [{ match: manifest, times: always, fault: status(502) }], "REGISTRY_ERROR"],
    ["500 to the tag for ever", [{ match: tag, times: always, fault: status(500) }], "REGISTRY_ERROR"],
    ["403 to the tag", [{ match: tag, times: always, fault: status(403) }], "REGISTRY_DENIED"],
    ["resets for ever", [{ match: put, times: always, fault: { kind: "reset", afterBytes: 100 } }], "REGISTRY_DOWN"],
    ["silence for ever", [{ match: put, times: always, fault: { kind: "stall", afterBytes: 9 } }], "REGISTRY_DOWN"],
    ["a doubled answer when the image is checked", [{ match: read, fault: { kind: "double" } }], "DIGEST_MISMATCH"],
    ["a wrong bit in a blob", [{ match: put, fault: { kind: "flip-bit", in: "request", at: 50 } }], "DIGEST_MISMATCH"],
    [
      "wrong bits for ever",
      [{ match: put, times: always, fault: { kind: "flip-bit", in: "request" } }],
      "DIGEST_MISMATCH",
    ],
    [
      "another digest for the manifest",
      [{ match: manifest, times: always, fault: { kind: "wrong-digest" } }],
      "DIGEST_MISMATCH",
    ],
  ])("%s", async (_, rules, code) => {
    await using faulty = await bench.open({ auth: token });
    faulty.target.add(...rules);
    const error = await failureOf(faulty.build());
    expectHit(faulty.target, rules);
    expect(error).toMatchObject({ code, origin: "registry" });
    await faulty.expectNoTagAndRecovery();
  });

  test.each<Failing>([
    ["403 on push", [{ match: start, times: always, fault: status(403) }], "REGISTRY_DENIED"],
    ["401 on push", [{ match: start, times: always, fault: status(401) }], "REGISTRY_AUTH"],
    ["500 on push", [{ match: start, times: always, fault: status(500) }], "REGISTRY_ERROR"],
  ])("%s: nothing is downloaded first", async (_, rules, code) => {
    await using faulty = await bench.open({ auth: token });
    faulty.target.add(...rules);
    expect(await failureOf(faulty.build())).toMatchObject({ code });
    expect([...bench.project.index.requests, ...bench.project.upstream.requests]).toEqual([]);
    await faulty.expectNoTagAndRecovery();
  });

  test("500 to the question whether the image exists: nothing is built", async () => {
    await using faulty = await bench.open({ auth: token });
    faulty.target.add({ match: lookUp, times: always, fault: status(500) });
    expect(await failureOf(faulty.build())).toMatchObject({ code: "EXISTENCE_UNKNOWN" });
    expect(bench.project.upstream.requests).toEqual([]);
    await faulty.expectNoTagAndRecovery();
  });
});

describe("a base whose registry has trouble is read all the same:", () => {
  test.each<Passing>([
    ["500 to the manifest", [{ match: baseManifest, times: 2, fault: status(500) }]],
    ["429 to a blob", [{ match: baseBlob, fault: status(429, { retryAfter: 0 }) }]],
    ["a token that expires", [{ times: 3, fault: { kind: "expire-token", afterRequests: 1 } }]],
    [
      "a reset at byte 70000 of a layer",
      [{ match: baseBlob, times: 6, fault: { kind: "reset", in: "response", afterBytes: 70_000 } }],
    ],
    [
      "a reset where ranges are ignored",
      [
        { match: baseBlob, times: 6, fault: { kind: "reset", in: "response", afterBytes: 70_000 } },
        { match: baseBlob, times: always, fault: { kind: "ignore-range" } },
      ],
    ],
    ["a truncated layer", [{ match: baseBlob, after: 1, times: 2, fault: { kind: "truncate", afterBytes: 100_000 } }]],
    ["a truncated manifest", [{ match: baseManifest, fault: { kind: "truncate", afterBytes: 100 } }]],
    ["a stalled layer", [{ match: baseBlob, after: 1, fault: { kind: "stall", in: "response", afterBytes: 100 } }]],
    ["a slow layer", [{ match: baseBlob, times: 2, fault: { kind: "slow", bytesPerSecond: 2_000_000 } }]],
    [
      "layers on another host, which gets no credentials",
      [{ match: baseBlob, times: always, fault: { kind: "redirect" } }],
    ],
  ])("%s", async (_, rules) => {
    await using faulty = await bench.open();
    bench.project.upstream.add(...rules);
    const result = await faulty.build();
    expectHit(bench.project.upstream, rules);
    for (const { headers } of bench.project.upstream.otherHostRequests)
      expect(headers["authorization"]).toBeUndefined();
    await faulty.expectWhole(result);
  });

  test.each<Failing>([
    ["no manifest", [{ match: baseManifest, times: always, fault: status(404) }], "BASE_NOT_FOUND"],
    ["403", [{ match: baseBlob, times: always, fault: status(403) }], "REGISTRY_DENIED"],
    ["401 for ever", [{ match: baseBlob, times: always, fault: status(401) }], "REGISTRY_AUTH"],
    ["500 for ever", [{ match: baseBlob, times: always, fault: status(500) }], "REGISTRY_ERROR"],
    [
      "a wrong bit in the manifest",
      [{ match: baseManifest, times: always, fault: { kind: "flip-bit", at: 60 } }],
      "DIGEST_MISMATCH",
    ],
    [
      "a wrong bit in every blob",
      [{ match: baseBlob, times: always, fault: { kind: "flip-bit", at: 60 } }],
      "DIGEST_MISMATCH",
    ],
    ["doubled blobs", [{ match: baseBlob, times: always, fault: { kind: "double" } }], "DIGEST_MISMATCH"],
    [
      "blobs that always end early",
      [{ match: baseBlob, times: always, fault: { kind: "truncate", afterBytes: 0 } }],
      "REGISTRY_DOWN",
    ],
  ])("or the build fails with the right code: %s", async (_, rules, code) => {
    await using faulty = await bench.open();
    bench.project.upstream.add(...rules);
    const error = await failureOf(faulty.build());
    expectHit(bench.project.upstream, rules);
    expect(error).toMatchObject({ code, origin: "registry" });
    await faulty.expectNoTagAndRecovery();
  });
});
