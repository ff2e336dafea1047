import { expect, test } from "vitest";
import type { FaultRule } from "../src/index.ts";
import {
  expectHit,
  expectNothingPublished,
  expectWhole,
  failureOf,
  openBench,
  pull,
  push,
  seed,
} from "./fault-bench.ts";
import { requireStack } from "./require-stack.ts";

// The same in front of Debian's docker-registry, which has absolute Locations, chunked answers and errors of its own.
const always = "always";
const putBlob = { method: "PUT", path: "/blobs/uploads/" };
const putManifest = { method: "PUT", path: "/manifests/" };
const getBlob = { method: "GET", path: "/blobs/sha256" };
let repositories = 0;
const repository = (): string => `plugin-kit/faults-${process.pid}-${++repositories}`;

test.for<readonly [string, readonly FaultRule[]]>([
  ["nothing", []],
  ["503", [{ match: putBlob, times: 2, fault: { kind: "status", status: 503 } }]],
  ["a reset in the middle of a blob", [{ match: putBlob, times: 2, fault: { kind: "reset", afterBytes: 40_000 } }]],
  ["a lost answer", [{ match: putBlob, times: 2, fault: { kind: "reset", in: "response" } }]],
  ["a lost answer to the manifest", [{ match: putManifest, fault: { kind: "status", status: 502, forward: true } }]],
  ["silence", [{ match: putBlob, fault: { kind: "stall", afterBytes: 40_000 } }]],
  ["no HEAD", [{ times: always, fault: { kind: "refuse-head" } }]],
  ["uploads elsewhere", [{ times: always, fault: { kind: "upload-elsewhere" } }]],
  ["a lost blob", [{ fault: { kind: "lose-blob" } }]],
])("a push succeeds in spite of %s", async ([, rules], context) => {
  const stack = await requireStack(context);
  await using bench = await openBench(stack.registry, { repository: repository(), faults: rules, timeoutMs: 1_000 });
  await push(bench);
  await expectWhole(bench);
  expectHit(bench, rules);
  expect(bench.proxy.requests.length).toBeGreaterThan(8);
});

test.for<readonly [string, readonly FaultRule[], object]>([
  [
    "a wrong bit in a blob",
    [{ match: putBlob, times: always, fault: { kind: "flip-bit", in: "request", at: 60 } }],
    {
      code: "DIGEST_MISMATCH",
    },
  ],
  [
    "a wrong bit in the manifest",
    [{ match: putManifest, times: always, fault: { kind: "flip-bit", in: "request" } }],
    {
      code: "REGISTRY_ERROR",
    },
  ],
  ["403", [{ match: putManifest, times: always, fault: { kind: "status", status: 403 } }], { code: "REGISTRY_DENIED" }],
])("a push that fails by %s publishes nothing", async ([, rules, failure], context) => {
  const stack = await requireStack(context);
  await using bench = await openBench(stack.registry, { repository: repository(), faults: rules, timeoutMs: 1_000 });
  expect(await failureOf(push(bench))).toMatchObject(failure);
  expectHit(bench, rules);
  await expectNothingPublished(bench);
});

test.for<readonly [string, readonly FaultRule[]]>([
  [
    "resets that each bring a part",
    [{ match: getBlob, times: 9, fault: { kind: "reset", in: "response", afterBytes: 50_000 } }],
  ],
  [
    "early ends without ranges",
    [
      { match: getBlob, times: 2, fault: { kind: "truncate", afterBytes: 50_000 } },
      { times: always, fault: { kind: "ignore-range" } },
    ],
  ],
  ["content on another host", [{ match: getBlob, times: always, fault: { kind: "redirect" } }]],
])("a pull succeeds in spite of %s", async ([, rules], context) => {
  const stack = await requireStack(context);
  await using bench = await openBench(stack.registry, { repository: repository(), timeoutMs: 1_000 });
  await seed(bench);
  bench.proxy.add(...rules);
  await pull(bench);
  expectHit(bench, rules);
});

test("skopeo pushes and pulls through the proxy, content by way of another host", async (context) => {
  const stack = await requireStack(context);
  const [from, to] = [repository(), repository()];
  const rules: readonly FaultRule[] = [
    { match: getBlob, times: always, fault: { kind: "redirect" } },
    { times: always, fault: { kind: "upload-elsewhere" } },
  ];
  await using bench = await openBench(stack.registry, { repository: to });
  await seed(bench, from);
  bench.proxy.add(...rules);
  const plain = ["--src-tls-verify=false", "--dest-tls-verify=false", "--preserve-digests"];
  const reference = (name: string): string => `docker://${bench.proxy.address}/${name}:v1`;
  await stack.skopeo(["copy", "--quiet", ...plain, reference(from), reference(to)]);
  await expectWhole(bench);
  expectHit(bench, rules);
  const methods = bench.proxy.otherHostRequests.map(({ method }) => method);
  expect(new Set(methods).has("GET")).toBe(true);
  expect(methods.some((method) => method === "PUT" || method === "PATCH")).toBe(true);
});
