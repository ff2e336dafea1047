import { writeFile } from "node:fs/promises";
import type { ErrorCode } from "@imagespec/errors";
import type { FaultMatch, FaultRule } from "@imagespec/plugin-kit";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { expectHit, type FaultBench, failureOf, openFaultBench } from "./fault-bench.ts";

let bench: FaultBench;

beforeAll(async () => {
  bench = await openFaultBench();
  const netrc = `${bench.project.root}/netrc`;
  await writeFile(netrc, "machine 127.0.0.1 login ada password pw\n");
  vi.stubEnv("NETRC", netrc);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await bench?.[Symbol.asyncDispose]();
});
beforeEach(() => bench.project.index.clear());

const always = "always";
const delta: FaultMatch = { path: "/files/delta" };
const status = (code: number, more: object = {}) => ({ kind: "status", status: code, ...more }) as const;

test.each<readonly [string, readonly FaultRule[]]>([
  [
    "a reset at byte 1000000",
    [{ match: delta, times: 2, fault: { kind: "reset", in: "response", afterBytes: 1_000_000 } }],
  ],
  [
    "a reset where ranges are ignored",
    [
      { match: delta, fault: { kind: "reset", in: "response", afterBytes: 1_000_000 } },
      { match: delta, times: always, fault: { kind: "ignore-range" } },
    ],
  ],
  ["a truncated wheel", [{ match: delta, fault: { kind: "truncate", afterBytes: 2_000_000 } }]],
  ["500 and 502 once for every wheel", [{ times: 4, fault: status(502) }]],
  ["429 with Retry-After", [{ match: delta, fault: status(429, { retryAfter: 0 }) }]],
  ["a slow wheel", [{ match: delta, fault: { kind: "slow", bytesPerSecond: 8_000_000 } }]],
  ["wheels on another host, which gets no login", [{ times: always, fault: { kind: "redirect" } }]],
])("an index with trouble gives its wheels all the same: %s", async (_, rules) => {
  await using faulty = await bench.open();
  const { index } = bench.project;
  index.add(...rules);
  const result = await faulty.build();
  expectHit(index, rules);
  for (const { headers } of index.requests) expect(headers["authorization"]).toBe("Basic ***");
  for (const { headers } of index.otherHostRequests) expect(headers["authorization"]).toBeUndefined();
  await faulty.expectWhole(result);
});

test.each<readonly [string, readonly FaultRule[], ErrorCode]>([
  ["a wrong bit", [{ match: delta, times: always, fault: { kind: "flip-bit", at: 2_000_000 } }], "WHEEL_HASH_MISMATCH"],
  ["a doubled wheel", [{ match: delta, times: always, fault: { kind: "double" } }], "WHEEL_HASH_MISMATCH"],
  [
    "a page instead of a wheel",
    [{ match: delta, times: always, fault: status(200, { body: "<html>" }) }],
    "WHEEL_HASH_MISMATCH",
  ],
  ["404", [{ match: delta, times: always, fault: status(404) }], "INDEX_PROTOCOL"],
  ["401", [{ match: delta, times: always, fault: status(401) }], "INDEX_AUTH"],
  ["403", [{ match: delta, times: always, fault: status(403) }], "INDEX_AUTH"],
  // Five tries take seven seconds.
  ["500 for ever", [{ match: delta, times: always, fault: status(500, { retryAfter: 0 }) }], "INDEX_DOWN"],
  [
    "resets for ever",
    [{ match: delta, times: always, fault: { kind: "reset", in: "response", afterBytes: 100 } }],
    "INDEX_DOWN",
  ],
])("an index that does not recover: no tag, the right code, and the next build is fine: %s", async (_, rules, code) => {
  await using faulty = await bench.open();
  const { index } = bench.project;
  index.add(...rules);
  const error = await failureOf(faulty.build());
  expectHit(index, rules);
  expect(error).toMatchObject({ code, origin: "index" });
  expect(error.message).toContain("delta");
  expect(JSON.stringify(error)).not.toContain("pw");
  await faulty.expectNoTagAndRecovery();
});
