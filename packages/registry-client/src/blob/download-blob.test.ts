import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { digestOf } from "@imagespec/oci";
import { expect, test } from "vitest";
import { reply, type ScriptedRequest, startScriptedServer } from "../testing/scripted-server.ts";
import { collect, rejection, testClient } from "../testing/test-client.ts";

const bytes = randomBytes(300_000);
const descriptor = { digest: digestOf(bytes), size: bytes.length };

/** Sends a part of the blob, then resets the connection. */
function sendAndReset(response: ServerResponse, part: Buffer, headers: Record<string, string>, status = 200): void {
  response.writeHead(status, headers);
  response.write(part, () => setTimeout(() => response.socket?.resetAndDestroy(), 5));
}

const rangeStart = (request: ScriptedRequest): number =>
  Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
const open = (client: ReturnType<typeof testClient>, registry: string) =>
  client.repository({ registry, repository: "a" }).openBlob(descriptor);

test("a blob that is reset on the way is resumed at the byte it broke at", async () => {
  await using server = await startScriptedServer((request, response) => {
    const start = rangeStart(request);
    const headers = {
      "content-length": String(bytes.length - start),
      "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    };
    const status = start === 0 ? 200 : 206;
    // Five breaks with three attempts: those that brought something do not count.
    if (start < 250_000) return sendAndReset(response, bytes.subarray(start, start + 50_000), headers, status);
    reply(response, status, headers, bytes.subarray(start));
  });
  await using client = testClient();
  expect((await collect(await open(client, server.address))).equals(bytes)).toBe(true);
  expect(server.requests.length).toBeGreaterThan(3);
  expect(server.requests.slice(1).every(({ headers }) => headers.range !== undefined)).toBe(true);
});

test("a registry that ignores Range sends the blob again, and what was read is skipped", async () => {
  let count = 0;
  await using server = await startScriptedServer((_, response) => {
    if (++count === 1)
      return sendAndReset(response, bytes.subarray(0, 100_000), { "content-length": String(bytes.length) });
    reply(response, 200, {}, bytes);
  });
  await using client = testClient();
  expect((await collect(await open(client, server.address))).equals(bytes)).toBe(true);
  expect(count).toBe(2);
});

test("a body without a length that ends early is resumed too", async () => {
  let count = 0;
  await using server = await startScriptedServer((request, response) => {
    if (++count === 1) {
      response.writeHead(200, { "transfer-encoding": "chunked" });
      response.end(bytes.subarray(0, 1_000));
      return;
    }
    const start = rangeStart(request);
    reply(
      response,
      206,
      { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` },
      bytes.subarray(start),
    );
  });
  await using client = testClient();
  expect((await collect(await open(client, server.address))).equals(bytes)).toBe(true);
});

test("a range from another byte than asked for is not believed", async () => {
  let count = 0;
  await using server = await startScriptedServer((_, response) => {
    if (++count === 1)
      return sendAndReset(response, bytes.subarray(0, 1_000), { "content-length": String(bytes.length) });
    reply(response, 206, { "content-range": `bytes 5-${bytes.length - 1}/${bytes.length}` }, bytes.subarray(5));
  });
  await using client = testClient();
  const error = await rejection(collect(await open(client, server.address)));
  expect(error).toMatchObject({ code: "REGISTRY_PROTOCOL", message: expect.stringContaining("bytes 5-") });
});

test("a connection that breaks every time ends in REGISTRY_DOWN", async () => {
  await using server = await startScriptedServer((_, response) => {
    sendAndReset(response, Buffer.alloc(0), { "content-length": String(bytes.length) });
  });
  await using client = testClient();
  const error = await rejection(collect(await open(client, server.address)));
  expect(error).toMatchObject({ code: "REGISTRY_DOWN", details: { cause: "ECONNRESET", repository: "a" } });
  expect(server.requests.length).toBeLessThan(8);
});

test.each([
  ["other bytes", Buffer.alloc(bytes.length)],
  ["more bytes", Buffer.concat([bytes, bytes])],
])("%s than the digest covers are a mismatch, and are not asked for again", async (_, sent) => {
  await using server = await startScriptedServer((_, response) => reply(response, 200, {}, sent));
  await using client = testClient();
  const error = await rejection(collect(await open(client, server.address)));
  expect(error).toMatchObject({ code: "DIGEST_MISMATCH", details: { expected: descriptor.digest } });
  expect(server.requests).toHaveLength(1);
});

test("a blob that is not there is told on opening", async () => {
  await using server = await startScriptedServer((_, response) => {
    reply(response, 404, {}, { errors: [{ code: "BLOB_UNKNOWN" }] });
  });
  await using client = testClient();
  expect(await rejection(open(client, server.address))).toMatchObject({
    code: "REGISTRY_NOT_FOUND",
    details: { codes: ["BLOB_UNKNOWN"] },
  });
});

test("a reader that stops leaves no connection behind, and a slow one is not taken for a dead peer", async () => {
  const large = randomBytes(4_000_000);
  await using server = await startScriptedServer((_, response) => reply(response, 200, {}, large));
  await using client = testClient({ timeoutMs: 40, retry: { attempts: 1 } });
  const repository = client.repository({ registry: server.address, repository: "a" });
  const stream = await repository.openBlob({ digest: digestOf(large), size: large.length });
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size === chunk.length) await new Promise((resolve) => setTimeout(resolve, 120));
    if (size > 2_000_000) break;
  }
  await expect.poll(() => server.sockets.size).toBe(0);
});

test("a stream that nobody reads is given up, and comes anew when somebody does", async () => {
  await using server = await startScriptedServer((_, response) => reply(response, 200, {}, bytes));
  await using client = testClient({ timeoutMs: 30 });
  const stream = await open(client, server.address);
  await expect.poll(() => server.sockets.size).toBe(0);
  expect((await collect(stream)).equals(bytes)).toBe(true);
});

test("an abort while reading ends in milliseconds and destroys the socket", async () => {
  await using server = await startScriptedServer((_, response) => {
    response.writeHead(200, { "content-length": String(bytes.length) });
    response.write(bytes.subarray(0, 1_000));
  });
  await using client = testClient();
  const controller = new AbortController();
  const repository = client.repository({ registry: server.address, repository: "a" });
  const stream = await repository.openBlob(descriptor, { signal: controller.signal });
  const reading = rejection(collect(stream));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const before = performance.now();
  controller.abort();
  expect((await reading).code).toBe("ABORTED");
  expect(performance.now() - before).toBeLessThan(10_000);
  await expect.poll(() => server.sockets.size).toBe(0);
});

test("a mirror that breaks off hands over to the registry at the same byte", async () => {
  await using mirror = await startScriptedServer((_, response) => {
    sendAndReset(response, bytes.subarray(0, 120_000), { "content-length": String(bytes.length) });
  });
  await using server = await startScriptedServer((request, response) => {
    const start = rangeStart(request);
    reply(
      response,
      206,
      { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` },
      bytes.subarray(start),
    );
  });
  await using client = testClient({ mirrors: { [server.address]: [`http://${mirror.address}`] } });
  expect((await collect(await open(client, server.address))).equals(bytes)).toBe(true);
  expect([mirror.requests.length, server.requests.length]).toEqual([1, 1]);
  expect(server.requests[0]?.headers.range).toBeDefined();
});

test("a config is read whole, but not when it is too large", async () => {
  await using server = await startScriptedServer((_, response) => reply(response, 200, {}, bytes));
  await using client = testClient();
  const repository = client.repository({ registry: server.address, repository: "a" });
  expect(Buffer.from(await repository.getBlob(descriptor)).equals(bytes)).toBe(true);
  const error = await rejection(repository.getBlob(descriptor, { maxSize: 1_000 }));
  expect(error.message).toContain("more than the 1000 allowed");
});

test("a blob is asked for by HEAD, or opened where HEAD is refused", async () => {
  await using server = await startScriptedServer((request, response) => {
    const known = request.path.endsWith(descriptor.digest);
    if (request.path.startsWith("/v2/nohead/") && request.method === "HEAD") return reply(response, 405);
    reply(response, known ? 200 : 404, {}, request.method === "HEAD" ? "" : bytes);
  });
  await using client = testClient();
  for (const name of ["a", "nohead"]) {
    const repository = client.repository({ registry: server.address, repository: name });
    expect(await repository.hasBlob(descriptor.digest)).toBe(true);
    expect(await repository.hasBlob(digestOf("other"))).toBe(false);
  }
});
