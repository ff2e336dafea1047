import { describe, expect, test } from "vitest";
import type { FaultRule } from "../src/index.ts";
import { expectHit, expectWhole, failureOf, pull, push, seed } from "./fault-bench.ts";
import {
  always,
  type Case,
  expectFailure,
  type FailingCase,
  getBlob,
  getManifest,
  headManifest,
  status,
  withBench,
} from "./fault-cases.ts";

describe("a pull succeeds in spite of", () => {
  test.each<Case>([
    [
      "503 on manifest and blobs",
      [
        { match: getManifest, times: 2, fault: status(503) },
        { match: getBlob, times: 3, fault: status(503) },
      ],
    ],
    ["429", [{ match: getBlob, times: 2, fault: status(429, { retryAfter: 0 }) }]],
    ["a reset before the manifest", [{ match: getManifest, fault: { kind: "reset" } }]],
    ["a manifest that ends early", [{ match: getManifest, times: 2, fault: { kind: "truncate", afterBytes: 100 } }]],
    ["a reset in place of a blob", [{ match: getBlob, times: 2, fault: { kind: "reset", in: "response" } }]],
    [
      "resets that each bring a part",
      [{ match: getBlob, times: 9, fault: { kind: "reset", in: "response", afterBytes: 50_000 } }],
    ],
    ["a blob that ends early", [{ match: getBlob, times: 9, fault: { kind: "truncate", afterBytes: 50_000 } }]],
    [
      "a blob that ends early, without ranges",
      [
        { match: getBlob, times: 2, fault: { kind: "truncate", afterBytes: 50_000 } },
        { times: always, fault: { kind: "ignore-range" } },
      ],
    ],
    ["a blob that goes silent", [{ match: getBlob, fault: { kind: "stall", in: "response", afterBytes: 50_000 } }]],
    ["silence in place of a blob", [{ match: getBlob, fault: { kind: "stall" } }]],
    ["a slow downlink", [{ match: getBlob, times: always, fault: { kind: "slow", bytesPerSecond: 600_000 } }]],
    ["latency", [{ times: always, fault: { kind: "delay", ms: 15 } }]],
    ["content on another host", [{ match: getBlob, times: always, fault: { kind: "redirect" } }]],
    [
      "content on another host that breaks off",
      [
        { match: getBlob, times: always, fault: { kind: "redirect", status: 302 } },
        { match: { host: /^localhost/ }, times: 2, fault: { kind: "truncate", afterBytes: 20_000 } },
      ],
    ],
  ])("%s", async (_, rules) => {
    await withBench({}, async (bench) => {
      await seed(bench);
      bench.proxy.add(...rules);
      await pull(bench);
      expectHit(bench, rules);
    });
  });

  test("a registry without HEAD, also when only asked for existence", async () => {
    await withBench({ faults: [{ times: always, fault: { kind: "refuse-head" } }] }, async (bench) => {
      await seed(bench);
      const reference = { registry: bench.proxy.address, repository: "acme/train" };
      expect(await bench.client.probe({ ...reference, tag: "v1" })).toEqual({
        state: "present",
        descriptor: bench.image.manifest,
      });
      expect(await bench.client.probe({ ...reference, tag: "v2" })).toEqual({ state: "absent" });
    });
  });
});

describe("a pull that fails says why:", () => {
  const mismatch = { code: "DIGEST_MISMATCH", hint: /^check what stands between/ } as const;

  test.each<FailingCase>([
    ["401", [{ match: getBlob, times: always, fault: status(401) }], { code: "REGISTRY_AUTH", hint: /^log in/ }],
    [
      "403",
      [{ match: getBlob, times: always, fault: status(403) }],
      { code: "REGISTRY_DENIED", hint: /right to pull/ },
    ],
    [
      "404 on the manifest",
      [{ match: getManifest, times: always, fault: status(404) }],
      { code: "REGISTRY_NOT_FOUND" },
    ],
    [
      "404 on a blob",
      [{ match: getBlob, times: always, fault: status(404) }],
      {
        code: "REGISTRY_NOT_FOUND",
        details: { codes: ["BLOB_UNKNOWN"] },
      },
    ],
    ["429", [{ match: getBlob, times: always, fault: status(429) }], { code: "REGISTRY_RATE_LIMITED" }],
    ["500", [{ match: getManifest, times: always, fault: status(500) }], { code: "REGISTRY_ERROR" }],
    [
      "resets",
      [{ match: getBlob, times: always, fault: { kind: "reset", in: "response" } }],
      { code: "REGISTRY_DOWN" },
    ],
    [
      "silence",
      [{ match: getBlob, times: always, fault: { kind: "stall" } }],
      {
        code: "REGISTRY_DOWN",
        details: { cause: "ETIMEDOUT" },
      },
    ],
    ["a wrong bit in the manifest", [{ match: getManifest, fault: { kind: "flip-bit", at: 30 } }], mismatch],
    ["a manifest of another digest", [{ match: getManifest, fault: { kind: "wrong-digest" } }], mismatch],
    ["a wrong bit in a blob", [{ match: getBlob, fault: { kind: "flip-bit", at: 50 } }], mismatch],
    [
      "a wrong bit in the second half of a blob",
      [
        { match: getBlob, times: always, fault: { kind: "truncate", afterBytes: 150_000 } },
        { match: { method: "GET", path: getBlob.path }, after: 4, fault: { kind: "flip-bit" } },
      ],
      mismatch,
    ],
    ["a blob that comes twice", [{ match: getBlob, fault: { kind: "double" } }], mismatch],
    [
      "redirects without an end",
      [
        {
          match: getManifest,
          times: always,
          fault: status(307, { headers: { location: "/v2/acme/train/manifests/v1" } }),
        },
      ],
      {
        code: "REGISTRY_PROTOCOL",
        message: /more than \d+ redirects/,
      },
    ],
  ])("%s", async (_, rules, failure) => {
    await withBench({ retry: { attempts: 2, minDelayMs: 1, maxDelayMs: 2 } }, async (bench) => {
      await seed(bench);
      bench.proxy.add(...rules);
      expectFailure(await failureOf(pull(bench)), failure);
      expectHit(bench, rules);
    });
  });

  test("existence stays unknown where the registry does not say", async () => {
    for (const fault of [status(401), status(403), status(500), { kind: "reset" }, { kind: "stall" }] as const) {
      const rules: readonly FaultRule[] = [{ match: headManifest, times: always, fault }];
      await withBench({ faults: rules, retry: { attempts: 2, minDelayMs: 1 } }, async (bench) => {
        const found = await bench.client.probe({ registry: bench.proxy.address, repository: "acme/train", tag: "v1" });
        expect(found.state).toBe("unknown");
        expectHit(bench, rules);
      });
    }
  });

  test("a registry that answers HEAD with another digest", async () => {
    await withBench({}, async (bench) => {
      await push(bench);
      bench.proxy.add({ match: headManifest, fault: { kind: "wrong-digest" } });
      expectFailure(await failureOf(push(bench)), mismatch);
      await expectWhole(bench);
    });
  });

  test("an abort in the silence, at once", async () => {
    await withBench({ timeoutMs: 60_000 }, async (bench) => {
      await seed(bench);
      bench.proxy.add({ match: getBlob, times: always, fault: { kind: "stall", in: "response", afterBytes: 50 } });
      const controller = new AbortController();
      const pulling = failureOf(pull(bench, { signal: controller.signal }));
      await expect
        .poll(() => bench.proxy.requests.some(({ bytesOut, path }) => path.includes("/blobs/") && bytesOut > 0))
        .toBe(true);
      controller.abort();
      expect((await pulling).code).toBe("ABORTED");
    });
  });
});
