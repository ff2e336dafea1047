import { type RegistryServerOptions, startRegistryServer } from "@imagespec/registry-server";
import { describe, expect, test } from "vitest";
import type { FaultRule, RecordedRequest } from "../src/index.ts";
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

const login = "ann:correct horse";
const users = { ann: "correct horse" };
const tokens: RegistryServerOptions = { auth: { users, scheme: "token" } };
const basic: RegistryServerOptions = { auth: { users } };
const always = "always";

const authorized = (requests: readonly RecordedRequest[]) =>
  requests.filter(({ headers }) => headers["authorization"] !== undefined);

describe("tokens that expire early", () => {
  test.each([1, 2, 3])("after %i requests are renewed, in push and pull", async (afterRequests) => {
    await using registry = await startRegistryServer(tokens);
    const rules: readonly FaultRule[] = [{ times: always, fault: { kind: "expire-token", afterRequests } }];
    await using bench = await openBench(registry.address, { login, faults: rules });
    // One after the other: of several at once, those that share a new token would use it up for each other.
    await push(bench, { concurrency: 1 });
    await pull(bench, { concurrency: 1 });
    await expectWhole(bench);
    expectHit(bench, rules);
    const asked = bench.proxy.requests.filter(({ path }) => path.startsWith("/token"));
    expect(asked.length).toBeGreaterThan(2);
  });

  test.each([1, 3, 6])("once, after %i requests of which several run at once, are renewed", async (afterRequests) => {
    await using registry = await startRegistryServer(tokens);
    const rules: readonly FaultRule[] = [{ fault: { kind: "expire-token", afterRequests } }];
    await using bench = await openBench(registry.address, { login, faults: rules });
    await push(bench);
    await pull(bench);
    await expectWhole(bench);
    expectHit(bench, rules);
  });

  test("that are refused from the first request on end in REGISTRY_AUTH", async () => {
    await using registry = await startRegistryServer(tokens);
    const rules: readonly FaultRule[] = [{ times: always, fault: { kind: "expire-token", afterRequests: 0 } }];
    await using bench = await openBench(registry.address, { login, faults: rules });
    const error = await failureOf(push(bench));
    expect(error).toMatchObject({ code: "REGISTRY_AUTH", hint: expect.stringMatching(/^log in/) });
    expectHit(bench, rules);
    await expectNothingPublished(bench);
  });
});

describe("a token service", () => {
  const token = { path: /^\/token/ };

  test.each<FaultRule>([
    { match: token, times: 2, fault: { kind: "status", status: 503 } },
    { match: token, times: 2, fault: { kind: "status", status: 429, retryAfter: 0 } },
    { match: token, times: 2, fault: { kind: "reset" } },
    { match: token, times: 2, fault: { kind: "truncate", afterBytes: 20 } },
    { match: token, fault: { kind: "stall" } },
  ])("that fails for a while is asked again: $fault.kind", async (rule) => {
    await using registry = await startRegistryServer(tokens);
    await using bench = await openBench(registry.address, { login, faults: [rule] });
    await push(bench);
    await expectWhole(bench);
    expectHit(bench, [rule]);
  });

  test.each([
    [{ kind: "status", status: 401 }, "REGISTRY_AUTH"],
    [{ kind: "status", status: 500 }, "REGISTRY_ERROR"],
    [{ kind: "status", status: 200, body: "<html>" }, "REGISTRY_PROTOCOL"],
    [{ kind: "reset" }, "REGISTRY_DOWN"],
  ] as const)("that fails for ever is named: %o", async (fault, code) => {
    await using registry = await startRegistryServer(tokens);
    await using bench = await openBench(registry.address, { login, faults: [{ match: token, times: always, fault }] });
    expect((await failureOf(push(bench))).code).toBe(code);
    await expectNothingPublished(bench);
  });
});

describe.each([
  ["tokens", tokens],
  ["basic", basic],
] as const)("with %s", (_, server) => {
  test("credentials do not follow a redirect to another host", async () => {
    await using registry = await startRegistryServer(server);
    await using bench = await openBench(registry.address, { login });
    await seed(bench);
    bench.proxy.add({ match: { method: "GET", path: "/blobs/" }, times: always, fault: { kind: "redirect" } });
    await pull(bench);
    expect(bench.proxy.otherHostRequests.length).toBeGreaterThanOrEqual(4);
    expect(authorized(bench.proxy.otherHostRequests)).toEqual([]);
    expect(authorized(bench.proxy.requests).length).toBeGreaterThan(0);
  });

  test("credentials do not follow an upload to another host", async () => {
    await using registry = await startRegistryServer(server);
    await using bench = await openBench(registry.address, {
      login,
      faults: [{ times: always, fault: { kind: "upload-elsewhere" } }],
    });
    await push(bench);
    await expectWhole(bench);
    expect(bench.proxy.otherHostRequests.map(({ method, status }) => [method, status])).toEqual(
      Array.from({ length: 4 }, () => ["PUT", 201]),
    );
    expect(authorized(bench.proxy.otherHostRequests)).toEqual([]);
  });

  test("content is not sent to another host by a redirect", async () => {
    await using registry = await startRegistryServer(server);
    await using bench = await openBench(registry.address, {
      login,
      faults: [{ match: { method: "PUT" }, times: always, fault: { kind: "redirect" } }],
    });
    expect((await failureOf(push(bench))).code).toBe("REGISTRY_PROTOCOL");
    expect(bench.proxy.otherHostRequests).toEqual([]);
    await expectNothingPublished(bench);
  });
});
