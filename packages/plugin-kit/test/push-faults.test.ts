import { randomBytes } from "node:crypto";
import { descriptorOf, mediaTypes } from "@imagespec/oci";
import { describe, expect, test } from "vitest";
import type { FaultRule } from "../src/index.ts";
import { expectHit, expectWhole, push } from "./fault-bench.ts";
import { always, type Case, postUpload, putBlob, putManifest, status, withBench } from "./fault-cases.ts";

describe("a push succeeds in spite of", () => {
  test.each<Case>([
    ["503 on starting uploads", [{ match: postUpload, times: 3, fault: status(503) }]],
    ["500 on the content of a blob", [{ match: putBlob, times: 2, fault: status(500) }]],
    ["502 that loses the answer to a blob", [{ match: putBlob, times: 2, fault: status(502, { forward: true }) }]],
    ["502 that loses the answer to the manifest", [{ match: putManifest, fault: status(502, { forward: true }) }]],
    ["503 on the manifest", [{ match: putManifest, times: 2, fault: status(503) }]],
    ["503 on asking", [{ match: { method: "HEAD" }, times: 2, fault: status(503) }]],
    ["429 without a time", [{ match: putBlob, times: 2, fault: status(429) }]],
    ["404 on an upload that was forgotten", [{ match: putBlob, fault: status(404) }]],
    ["a reset before the start of an upload", [{ match: postUpload, times: 2, fault: { kind: "reset" } }]],
    ["a reset before the content", [{ match: putBlob, times: 2, fault: { kind: "reset" } }]],
    ["a reset in the middle of a blob", [{ match: putBlob, times: 2, fault: { kind: "reset", afterBytes: 40_000 } }]],
    ["a reset in place of the answer", [{ match: putBlob, times: 2, fault: { kind: "reset", in: "response" } }]],
    ["a reset before the manifest", [{ match: putManifest, fault: { kind: "reset" } }]],
    ["a reset after the manifest", [{ match: putManifest, fault: { kind: "reset", in: "response" } }]],
    [
      "an error body that is cut short",
      [
        { match: putBlob, fault: { kind: "truncate", afterBytes: 5 } },
        { match: putManifest, fault: status(500, { body: "<html>" }) },
      ],
    ],
    [
      "a slow uplink",
      [{ match: putBlob, times: always, fault: { kind: "slow", in: "request", bytesPerSecond: 2_000_000 } }],
    ],
    ["latency", [{ times: always, fault: { kind: "delay", ms: 15 } }]],
    ["an answer that comes too late", [{ match: putBlob, fault: { kind: "delay", ms: 1_000 } }]],
    ["a connection that goes silent before a blob", [{ match: putBlob, fault: { kind: "stall" } }]],
    ["a connection that goes silent in a blob", [{ match: putBlob, fault: { kind: "stall", afterBytes: 40_000 } }]],
    ["a connection that goes silent after a blob", [{ match: putBlob, fault: { kind: "stall", in: "response" } }]],
    [
      "a connection that goes silent after the manifest",
      [{ match: putManifest, fault: { kind: "stall", in: "response" } }],
    ],
    ["a registry without HEAD", [{ times: always, fault: { kind: "refuse-head" } }]],
    ["uploads that lie on another host", [{ times: always, fault: { kind: "upload-elsewhere" } }]],
    ["a blob that garbage collection took", [{ fault: { kind: "lose-blob" } }]],
    [
      "all of it at once",
      [
        { match: postUpload, fault: status(503) },
        { match: putBlob, fault: { kind: "reset", afterBytes: 10_000 } },
        { match: putBlob, fault: status(500) },
        { match: putManifest, fault: { kind: "reset" } },
        { times: always, fault: { kind: "refuse-head" } },
        { times: always, fault: { kind: "delay", ms: 2 } },
      ],
    ],
  ])("%s", async (_, rules) => {
    await withBench({ faults: rules }, async (bench) => {
      await push(bench);
      await expectWhole(bench);
      expectHit(bench, rules);
    });
  });

  test("429 with a time to wait for: it is waited for", async () => {
    const soon: FaultRule = { match: putManifest, fault: status(429, { retryAfter: 1 }) };
    const past: FaultRule = { match: putManifest, fault: status(429, { retryAfter: new Date(0) }) };
    await withBench({ faults: [soon, past] }, async (bench) => {
      await push(bench);
      await expectWhole(bench);
      expect(bench.retries.map(({ delayMs }) => delayMs)).toEqual([1_000, 0]);
    });
  });

  test("an answer that got lost, without sending the blob again", async () => {
    const lost: FaultRule = { match: putBlob, times: 4, fault: { kind: "reset", in: "response" } };
    await withBench({ faults: [lost] }, async (bench) => {
      await push(bench);
      expect(
        bench.proxy.requests.filter(({ method, path }) => method === "PUT" && path.includes("/uploads/")),
      ).toHaveLength(4);
      await expectWhole(bench);
    });
  });

  test("an uplink that takes longer than a silent one would be waited for", async () => {
    const rule: FaultRule = {
      match: putBlob,
      times: always,
      fault: { kind: "slow", in: "request", bytesPerSecond: 12_000_000 },
    };
    await withBench({ faults: [rule], timeoutMs: 900 }, async (bench) => {
      const bytes = randomBytes(16_000_000);
      const start = performance.now();
      await bench.repository().writeBlob(descriptorOf(bytes, mediaTypes.ociLayer), async function* () {
        yield bytes;
      });
      expect(performance.now() - start).toBeGreaterThan(1_200);
      expect(bench.retries).toEqual([]);
    });
  });
});
