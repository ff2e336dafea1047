import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildRegistryServer, type RegistryProcess, spawnRegistry } from "./registry-process.ts";

const mebibyte = 1024 * 1024;
const size = 400 * mebibyte;
let root: string;
let registry: RegistryProcess;

beforeAll(async () => {
  await buildRegistryServer();
  root = await mkdtemp(join(tmpdir(), "registry-memory-"));
  registry = await spawnRegistry(root);
});

afterAll(async () => {
  await registry.kill();
  await rm(root, { recursive: true, force: true });
});

test("a large blob passes through without being held", async () => {
  const chunk = randomBytes(mebibyte);
  const hash = createHash("sha256");
  for (let sent = 0; sent < size; sent += chunk.length) hash.update(chunk);
  const digest = `sha256:${hash.digest("hex")}`;
  const before = await registry.memory();
  let most = 0;

  const push = request(`${registry.url}/v2/a/blobs/uploads/?digest=${digest}`, {
    method: "POST",
    headers: { "Content-Length": size },
  });
  const answered = once(push, "response");
  for (let sent = 0; sent < size; sent += chunk.length) {
    if (!push.write(chunk)) await once(push, "drain");
    if (sent % (50 * mebibyte) === 0) most = Math.max(most, await registry.memory());
  }
  push.end();
  const [response] = await answered;
  expect(response.statusCode).toBe(201);
  response.resume();

  // A client that reads slowly holds the registry back.
  const pull = request(`${registry.url}/v2/a/blobs/${digest}`).end();
  const [body]: readonly IncomingMessage[] = await once(pull, "response");
  let received = 0;
  for await (const part of body!) {
    if (received === 0) {
      await delay(500);
      most = Math.max(most, await registry.memory());
    }
    received += part.length;
  }
  expect(received).toBe(size);
  expect(most - before).toBeLessThan(120 * mebibyte);
});
