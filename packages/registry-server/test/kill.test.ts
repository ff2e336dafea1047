import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Digest, digestOf, isDigest, parseImageManifest } from "@imagespec/oci";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collectGarbage, startRegistryServer } from "../src/index.ts";
import { createTestImage, pushImage } from "../src/testing/client.ts";
import { buildRegistryServer, spawnRegistry } from "./registry-process.ts";

let root: string;

beforeAll(async () => {
  await buildRegistryServer();
  root = await mkdtemp(join(tmpdir(), "registry-kill-"));
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** What a tag may be: what was acknowledged last, or what was being done when the registry died. `undefined` is no tag. */
type Possible = Set<Digest | undefined>;

async function pushAndDelete(repository: string, possible: Possible, round: number): Promise<void> {
  for (let number = 0; ; number++) {
    const image = createTestImage(`${repository} ${round} ${number}`, "x".repeat(number * 20_000), "shared by all");
    possible.add(image.digest);
    await pushImage(repository, image, "latest");
    possible.clear();
    possible.add(image.digest);
    if (number % 3 !== 2) continue;
    possible.add(undefined);
    await fetch(`${repository}/manifests/${image.digest}`, { method: "DELETE" });
    possible.delete(image.digest);
  }
}

async function requireWhole(repository: string): Promise<Digest | undefined> {
  const response = await fetch(`${repository}/manifests/latest`);
  const list = await fetch(`${repository}/tags/list`);
  const tags = list.status === 404 ? [] : ((await list.json()) as { readonly tags: readonly string[] }).tags;
  if (response.status === 404) {
    expect(tags).toEqual([]);
    return undefined;
  }
  expect(response.status).toBe(200);
  expect(tags).toEqual(["latest"]);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const digest = response.headers.get("docker-content-digest");
  if (!isDigest(digest)) throw new Error(`"${digest}" is not a digest`);
  expect(digestOf(bytes)).toBe(digest);
  const manifest = parseImageManifest(bytes);
  for (const blob of [manifest.config, ...manifest.layers]) {
    const content = await fetch(`${repository}/blobs/${blob.digest}`);
    expect(content.status).toBe(200);
    expect(digestOf(new Uint8Array(await content.arrayBuffer()))).toBe(blob.digest);
  }
  return digest;
}

test("a kill leaves every tag as it was or as it was to become", async () => {
  const names = ["a", "a/b", "c"];
  const possible = new Map<string, Possible>(names.map((name) => [name, new Set([undefined])]));
  let interrupted = 0;
  for (let round = 0; round < 15; round++) {
    const registry = await spawnRegistry(root);
    const work = names.map((name) => pushAndDelete(`${registry.url}/v2/${name}`, possible.get(name)!, round));
    const settled = Promise.allSettled(work);
    await delay(20 + ((round * 37) % 150));
    await registry.kill();
    interrupted += (await settled).filter(({ status }) => status === "rejected").length;

    await using after = await startRegistryServer({ root });
    for (const name of names) {
      const found = await requireWhole(`${after.url}/v2/${name}`);
      expect([...possible.get(name)!]).toContain(found);
      possible.set(name, new Set([found]));
    }
  }
  expect(interrupted).toBe(15 * names.length);

  // What the kills left behind is garbage, and nothing else is.
  await collectGarbage(root, { blobGraceSeconds: -1, uploadGraceSeconds: -1 });
  expect(await readdir(join(root, "partial"))).toEqual([]);
  await using last = await startRegistryServer({ root });
  for (const name of names) {
    expect(await requireWhole(`${last.url}/v2/${name}`)).toBe([...possible.get(name)!][0]);
  }
});

test("an upload goes on after a kill", async () => {
  const content = createTestImage("y".repeat(300_000));
  const [digest, bytes] = [...content.blobs][0]!;
  const first = await spawnRegistry(root);
  const started = await fetch(`${first.url}/v2/a/blobs/uploads/`, { method: "POST" });
  const path = started.headers.get("location")!;
  await fetch(`${first.url}${path}`, { method: "PATCH", body: bytes.slice(0, 100_000) });
  await first.kill();

  await using second = await startRegistryServer({ root });
  const status = await fetch(`${second.url}${path}`);
  expect([status.status, status.headers.get("range")]).toEqual([204, "0-99999"]);
  const finished = await fetch(`${second.url}${path}?digest=${digest}`, { method: "PUT", body: bytes.slice(100_000) });
  expect(finished.status).toBe(201);
});
