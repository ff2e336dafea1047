import { request } from "node:http";
import { expect, test } from "vitest";
import { startScriptedTarget } from "../testing/scripted-target.ts";
import type { Fault, FaultRule } from "./fault.ts";
import { startFaultProxy } from "./start-fault-proxy.ts";

const body = Buffer.alloc(200_000, "0123456789");

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  /** What broke the exchange. */
  readonly error?: string;
}

/** What a client gets, also of an exchange that breaks. */
function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: Buffer; signal?: AbortSignal } = {},
): Promise<Got> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let got: Omit<Got, "body"> = { status: 0, headers: {} };
    const fail = (error: Error & { code?: string }) =>
      resolve({ ...got, body: Buffer.concat(chunks), error: error.code ?? error.message });
    const { method = "GET", headers = {}, signal } = options;
    const length = options.body === undefined ? {} : { "content-length": String(options.body.length) };
    const outgoing = request(url, { method, headers: { ...headers, ...length }, agent: false, signal }, (response) => {
      got = { status: response.statusCode ?? 0, headers: response.headers };
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () => resolve({ ...got, body: Buffer.concat(chunks) }));
    });
    outgoing.on("error", fail);
    outgoing.end(options.body);
  });
}

const once = (fault: Fault): readonly FaultRule[] => [{ fault }];

test("without faults everything passes: method, path, headers, status and body", async () => {
  await using target = await startScriptedTarget((request, response) => {
    response.writeHead(201, { "x-answer": "yes", "content-length": request.body.length });
    response.end(request.body);
  });
  await using proxy = await startFaultProxy({ target: `http://${target.address}/` });
  const answer = await ask(`${proxy.url}/v2/a?b=c%20d`, { method: "PUT", headers: { "x-ask": "1" }, body });
  expect(answer).toMatchObject({ status: 201, headers: { "x-answer": "yes" } });
  expect(answer.body.equals(body)).toBe(true);
  expect(target.requests[0]).toMatchObject({
    method: "PUT",
    path: "/v2/a?b=c%20d",
    headers: { host: target.address, "x-ask": "1", "content-length": "200000" },
  });
  expect(proxy.requests).toEqual([
    {
      method: "PUT",
      path: "/v2/a?b=c%20d",
      status: 201,
      headers: expect.objectContaining({ host: proxy.address }),
      bytesIn: 200_000,
      bytesOut: 200_000,
      faults: [],
    },
  ]);
  proxy.clear();
  expect(proxy.requests).toEqual([]);
});

test("addresses of the target become the proxy's, by the name that the client uses", async () => {
  await using target = await startScriptedTarget((_, response) => {
    response.writeHead(202, { location: `http://${target.address}/v2/a?_state=x%3D` }).end();
  });
  await using proxy = await startFaultProxy({ target: target.address });
  const headers = { host: "registry.acme.test:5000" };
  const { headers: got } = await ask(proxy.url, { headers });
  expect(got["location"]).toBe("http://registry.acme.test:5000/v2/a?_state=x%3D");
});

test.each<[Fault, Partial<Got>]>([
  [{ kind: "status", status: 503 }, { status: 503 }],
  [{ kind: "status", status: 401 }, { headers: { "www-authenticate": 'Basic realm="fault-proxy"' } }],
  [{ kind: "status", status: 429, retryAfter: 7 }, { headers: { "retry-after": "7" } }],
  [
    { kind: "status", status: 429, retryAfter: new Date(0) },
    { headers: { "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" } },
  ],
  [
    { kind: "status", status: 500, body: { a: 1 }, headers: { "x-b": "2" } },
    { headers: { "x-b": "2" }, body: Buffer.from('{"a":1}') },
  ],
  [{ kind: "status", status: 502, body: "bad gateway" }, { body: Buffer.from("bad gateway") }],
  [{ kind: "reset" }, { status: 0, error: "ECONNRESET" }],
  [
    { kind: "reset", afterBytes: 1_000 },
    { status: 0, error: "ECONNRESET" },
  ],
])("%o keeps the request from the target", async (fault, expected) => {
  await using target = await startScriptedTarget();
  await using proxy = await startFaultProxy({ target: target.address, faults: once(fault) });
  expect(await ask(proxy.url, { method: "POST", body })).toMatchObject(
    "headers" in expected ? { ...expected, headers: expect.objectContaining(expected.headers) } : expected,
  );
  expect(target.requests).toEqual([]);
  expect(proxy.requests[0]?.faults).toEqual([fault.kind]);
  expect((await ask(proxy.url, { method: "POST", body })).body.equals(body)).toBe(true);
});

test.each<[Fault, Partial<Got>]>([
  [
    { kind: "reset", in: "response" },
    { status: 0, error: "ECONNRESET", body: Buffer.alloc(0) },
  ],
  [
    { kind: "reset", in: "response", afterBytes: 1_000 },
    { status: 200, error: "ECONNRESET", body: body.subarray(0, 1_000) },
  ],
  [
    { kind: "truncate", afterBytes: 1_000 },
    { status: 200, error: "ECONNRESET", body: body.subarray(0, 1_000) },
  ],
  [
    { kind: "truncate", afterBytes: 0 },
    { status: 200, error: "ECONNRESET", body: Buffer.alloc(0) },
  ],
  [{ kind: "double" }, { status: 200, body: Buffer.concat([body, body]) }],
  [
    { kind: "status", status: 502, forward: true, body: "lost" },
    { status: 502, body: Buffer.from("lost") },
  ],
])("%o lets the request through", async (fault, expected) => {
  await using target = await startScriptedTarget();
  await using proxy = await startFaultProxy({ target: target.address, faults: once(fault) });
  const { body: got, ...rest } = await ask(proxy.url, { method: "POST", body });
  const { body: wanted, ...others } = expected;
  expect(rest).toMatchObject(others);
  expect(got.equals(wanted ?? body)).toBe(true);
  expect(target.requests[0]?.body.equals(body)).toBe(true);
});

test("a flipped bit reaches the target, or the client", async () => {
  await using target = await startScriptedTarget();
  await using proxy = await startFaultProxy({ target: target.address });
  proxy.add({ fault: { kind: "flip-bit", in: "request", at: 100_000 } }, { fault: { kind: "flip-bit" } });
  const { body: got } = await ask(proxy.url, { method: "POST", body });
  expect(target.requests[0]?.body[100_000]).toBe(body[100_000]! ^ 1);
  expect([got[0], got[100_000]]).toEqual([body[0]! ^ 1, body[100_000]! ^ 1]);
});

test.each<Fault>([
  { kind: "stall" },
  { kind: "stall", afterBytes: 1_000 },
  { kind: "stall", in: "response" },
  { kind: "stall", in: "response", afterBytes: 1_000 },
])("%o lasts until the client or the proxy ends it", async (fault) => {
  await using target = await startScriptedTarget();
  await using proxy = await startFaultProxy({ target: target.address, faults: [{ times: "always", fault }] });
  const controller = new AbortController();
  const waiting = ask(proxy.url, { method: "POST", body, signal: controller.signal });
  const left = ask(proxy.url, { method: "POST", body });
  const wait = new Promise((resolve) => setTimeout(resolve, 60, "waiting"));
  expect(await Promise.race([waiting, left, wait])).toBe("waiting");
  controller.abort();
  expect((await waiting).error).toMatch(/ABORT_ERR|ECONNRESET/);
  await proxy.close();
  expect((await left).error).toBe("ECONNRESET");
});

test("delay and slow take their time", async () => {
  await using target = await startScriptedTarget();
  await using proxy = await startFaultProxy({ target: target.address });
  proxy.add(
    { fault: { kind: "delay", ms: 50 } },
    { fault: { kind: "slow", in: "request", bytesPerSecond: 2_000_000 } },
  );
  const start = performance.now();
  expect((await ask(proxy.url, { method: "POST", body })).body.equals(body)).toBe(true);
  expect(performance.now() - start).toBeGreaterThan(140);
});

test("a redirect leads to another host, which asks for no credentials and keeps nothing from the target", async () => {
  await using target = await startScriptedTarget((request, response) => {
    response.end(request.headers.authorization ?? "nobody");
  });
  await using proxy = await startFaultProxy({ target: target.address, faults: once({ kind: "redirect" }) });
  const { headers, status } = await ask(`${proxy.url}/v2/a?b=c`, { headers: { authorization: "Basic YTpi" } });
  expect(status).toBe(307);
  const location = String(headers["location"]);
  expect(new URL(location).host).toBe(proxy.otherHost);
  expect((await ask(location)).body.toString()).toBe("Basic YTpi");
  expect(target.requests[0]?.path).toBe("/v2/a?b=c");
  expect(proxy.otherHostRequests[0]?.headers).not.toHaveProperty("authorization");

  proxy.add({ match: { host: proxy.otherHost }, fault: { kind: "status", status: 403 } });
  expect((await ask(proxy.url)).status).toBe(200);
  expect((await ask(location)).status).toBe(403);
});

test("an expired token is refused by the target's own challenge", async () => {
  await using target = await startScriptedTarget((request, response) => {
    const challenge = `Bearer realm="http://${target.address}/token"`;
    response.writeHead(request.path === "/v2/" ? 401 : 200, { "www-authenticate": challenge }).end();
  });
  await using proxy = await startFaultProxy({
    target: target.address,
    faults: once({ kind: "expire-token", afterRequests: 1 }),
  });
  const send = () => ask(`${proxy.url}/x`, { headers: { authorization: "Bearer one" } });
  expect((await send()).status).toBe(200);
  expect(await send()).toMatchObject({
    status: 401,
    headers: { "www-authenticate": `Bearer realm="${proxy.url}/token",error="invalid_token"` },
  });
});

test("a target that is away is a 502, and one that breaks off is a reset", async () => {
  await using proxy = await startFaultProxy({ target: "127.0.0.1:1" });
  expect((await ask(proxy.url, { method: "POST", body })).status).toBe(502);
  await using target = await startScriptedTarget((_, response) => {
    response.writeHead(200, { "content-length": "10" });
    response.write("12345", () => response.destroy());
  });
  await using second = await startFaultProxy({ target: target.address });
  expect(await ask(second.url)).toMatchObject({ status: 200, error: "ECONNRESET" });
});

test("a client that leaves in the middle of its body takes the request to the target with it", async () => {
  await using target = await startScriptedTarget();
  await using proxy = await startFaultProxy({ target: target.address });
  const outgoing = request(proxy.url, { method: "PUT", headers: { "content-length": "1000000" }, agent: false });
  outgoing.on("error", () => {});
  outgoing.write(body);
  await expect.poll(() => proxy.requests[0]?.bytesIn).toBe(body.length);
  outgoing.destroy();
  await proxy.close();
  expect(target.requests).toEqual([]);
});

test("an address that is none is refused, and so is a port that is taken", async () => {
  for (const target of ["", "a b", "ftp://x", "127.0.0.1:5000/v2", "http://x/y"]) {
    await expect(startFaultProxy({ target })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `"${target}" is not the address of a registry`,
    });
  }
  await using proxy = await startFaultProxy({ target: "127.0.0.1:1" });
  const port = Number(new URL(proxy.url).port);
  await expect(startFaultProxy({ target: "127.0.0.1:1", port })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    hint: expect.stringMatching(/^choose another port/),
  });
  await expect(startFaultProxy({ target: "x", tls: { key: "no", cert: "no" } })).rejects.toMatchObject({
    code: "CONFIG_INVALID",
  });
});
