import { describe, expect, test } from "vitest";
import type { FaultRule } from "../src/index.ts";
import { expectHit, expectNothingPublished, failureOf, push } from "./fault-bench.ts";
import {
  always,
  expectFailure,
  type FailingCase,
  postUpload,
  putBlob,
  putManifest,
  status,
  withBench,
} from "./fault-cases.ts";

describe("a push that fails publishes nothing and says why:", () => {
  const silent = { code: "REGISTRY_DOWN", hint: /^check the network/, details: { cause: "ETIMEDOUT" } } as const;
  const reset = { code: "REGISTRY_DOWN", hint: /^check the network/, details: { cause: "ECONNRESET" } } as const;

  test.each<FailingCase>([
    [
      "401",
      [{ match: postUpload, times: always, fault: status(401) }],
      {
        code: "REGISTRY_AUTH",
        message: /^registry ".*" wants other credentials for .*status 401/,
        hint: /^log in with "docker login 127\.0\.0\.1:\d+"/,
        details: { status: 401, codes: ["UNAUTHORIZED"], repository: "acme/train" },
      },
    ],
    [
      "403",
      [{ match: postUpload, times: always, fault: status(403) }],
      {
        code: "REGISTRY_DENIED",
        hint: /^ask for the right to push/,
        details: { status: 403 },
      },
    ],
    [
      "404",
      [{ match: postUpload, times: always, fault: status(404, { body: { errors: [{ code: "NAME_UNKNOWN" }] } }) }],
      {
        code: "REGISTRY_NOT_FOUND",
        hint: /^create the repository first/,
      },
    ],
    [
      "429 without an end",
      [{ match: putBlob, times: always, fault: status(429) }],
      {
        code: "REGISTRY_RATE_LIMITED",
        hint: /^wait before trying again/,
      },
    ],
    [
      "429 with an hour to wait",
      [{ match: putManifest, times: always, fault: status(429, { retryAfter: 3_600 }) }],
      {
        code: "REGISTRY_RATE_LIMITED",
        details: { retryAfterSeconds: 3_600 },
      },
    ],
    [
      "500 without an end",
      [{ match: putBlob, times: always, fault: status(500) }],
      {
        code: "REGISTRY_ERROR",
        hint: /^try again later/,
        details: { status: 500 },
      },
    ],
    [
      "502 with a page instead of a list of errors",
      [{ match: putManifest, times: always, fault: status(502, { body: "<html>" }) }],
      {
        code: "REGISTRY_ERROR",
        message: /status 502\)$/,
      },
    ],
    [
      "413",
      [{ match: putBlob, times: always, fault: status(413) }],
      {
        code: "REGISTRY_ERROR",
        hint: /client_max_body_size/,
      },
    ],
    ["resets without an end, before", [{ match: putBlob, times: always, fault: { kind: "reset" } }], reset],
    [
      "resets without an end, within",
      [{ match: putBlob, times: always, fault: { kind: "reset", afterBytes: 50 } }],
      reset,
    ],
    ["resets of the manifest", [{ match: putManifest, times: always, fault: { kind: "reset" } }], reset],
    ["silence on starting an upload", [{ match: postUpload, times: always, fault: { kind: "stall" } }], silent],
    ["silence within a blob", [{ match: putBlob, times: always, fault: { kind: "stall", afterBytes: 50 } }], silent],
    ["silence on the manifest", [{ match: putManifest, times: always, fault: { kind: "stall" } }], silent],
    [
      "a wrong bit in a blob",
      [{ match: putBlob, times: always, fault: { kind: "flip-bit", in: "request", at: 60 } }],
      {
        code: "DIGEST_MISMATCH",
        message: /found another digest than stated/,
      },
    ],
    [
      "a wrong bit in the manifest",
      [{ match: putManifest, times: always, fault: { kind: "flip-bit", in: "request" } }],
      {
        code: "REGISTRY_ERROR",
        details: { codes: ["MANIFEST_INVALID"] },
      },
    ],
    [
      "blobs that are always lost",
      [{ times: always, fault: { kind: "lose-blob" } }],
      {
        code: "REGISTRY_ERROR",
        details: { codes: ["MANIFEST_BLOB_UNKNOWN"], status: 400 },
      },
    ],
    [
      "a redirect of content to another host",
      [{ match: putBlob, times: always, fault: { kind: "redirect" } }],
      {
        code: "REGISTRY_PROTOCOL",
        message: /unexpected answer/,
      },
    ],
    [
      "an upload without a location",
      [{ match: postUpload, times: always, fault: status(202, { body: "" }) }],
      {
        code: "REGISTRY_PROTOCOL",
        message: /"Location"/,
        hint: /^check the registry's external address/,
      },
    ],
  ])("%s", async (_, rules, failure) => {
    await withBench({ faults: rules, retry: { attempts: 2, minDelayMs: 1, maxDelayMs: 2 } }, async (bench) => {
      expectFailure(await failureOf(push(bench)), failure);
      expectHit(bench, rules);
      await expectNothingPublished(bench);
      expect(bench.proxy.otherHostRequests).toEqual([]);
    });
  });

  test("a registry that states another digest than the manifest's", async () => {
    const rules: readonly FaultRule[] = [{ match: putManifest, times: always, fault: { kind: "wrong-digest" } }];
    await withBench({ faults: rules }, async (bench) => {
      expectFailure(await failureOf(push(bench)), {
        code: "DIGEST_MISMATCH",
        message: /^the registry stored manifest "v1" as "sha256:\w+" instead of "sha256:\w+"$/,
        hint: /^check what stands between/,
        details: { expected: bench.image.manifest.digest },
      });
    });
  });

  test("an abort in the silence, at once", async () => {
    const rules: readonly FaultRule[] = [{ match: putBlob, times: always, fault: { kind: "stall", afterBytes: 50 } }];
    await withBench({ faults: rules, timeoutMs: 60_000 }, async (bench) => {
      const controller = new AbortController();
      const pushing = failureOf(push(bench, { signal: controller.signal }));
      await expect.poll(() => bench.proxy.requests.filter(({ method }) => method === "PUT")).not.toEqual([]);
      const start = performance.now();
      controller.abort();
      expect((await pushing).code).toBe("ABORTED");
      expect(performance.now() - start).toBeLessThan(20_000);
      await expectNothingPublished(bench);
    });
  });

  test("an abort in a long wait for a retry, at once", async () => {
    const rules: readonly FaultRule[] = [{ match: putManifest, times: always, fault: status(429, { retryAfter: 60 }) }];
    await withBench({ faults: rules }, async (bench) => {
      const controller = new AbortController();
      const pushing = failureOf(push(bench, { signal: controller.signal }));
      await expect.poll(() => bench.retries).toHaveLength(1);
      controller.abort();
      expect((await pushing).code).toBe("ABORTED");
      await expectNothingPublished(bench);
    });
  });
});
