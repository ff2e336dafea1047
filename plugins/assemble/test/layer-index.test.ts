import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { type BuildEvent, ImageBuildEngine, type ImageResult, ImageSpec } from "@imagespec/core";
import { openLocalImageStore } from "@imagespec/image-store";
import {
  descriptorOf,
  digestOf,
  encodeConfig,
  encodeManifest,
  isImageIndex,
  mediaTypes,
  parseDigest,
  parseManifest,
} from "@imagespec/oci";
import { RegistryClient } from "@imagespec/registry-client";
import { type RegistryServer, startRegistryServer } from "@imagespec/registry-server";
import { temporaryFolder, validateImage } from "@imagespec/test-support";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { assemble } from "../src/index.ts";

const layers = "acme/layers";
/** Too large to share a layer with others. */
const large = "x".repeat(100) + Array.from({ length: 700_000 }, (_, at) => (at * 2_654_435_761) % 1_000_003).join();
const wheels = [
  makeWheel({ name: "one", version: "1.0", files: { "one/__init__.py": "value = 1\n", "one/data.txt": large } }),
  makeWheel({ name: "two", version: "1.0", files: { "two.py": "value = 2\n" } }),
  makeWheel({ name: "three", version: "1.0", files: { "three.py": "value = 3\n" } }),
  makeWheel({ name: "clash", version: "1.0", files: { "one/__init__.py": "value = 0\n" } }),
];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let index: Awaited<ReturnType<typeof serveIndex>>;
let server: RegistryServer;
let machines = 0;
const started: AsyncDisposable[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  index = await serveIndex(wheels);
  server = await startRegistryServer();
  await pushBase();
  const first = await machine({ write: true });
  await first.build(["one", "two"]);
});
afterEach(async () => {
  for (const each of started.splice(0)) await each[Symbol.asyncDispose]();
});
afterAll(async () => {
  for (const each of [server, index, folder]) await each?.[Symbol.asyncDispose]();
});

const common = () => ({ baseImage: `${server.address}/acme/python:3.12`, pipIndex: index.url }) as const;

/** Pushes a base that has all that is looked at, and nothing that runs. */
async function pushBase(): Promise<void> {
  const root = join(folder.path, "base");
  for (const each of ["etc", "usr/lib/x86_64-linux-gnu", "usr/local/bin"])
    await mkdir(join(root, each), { recursive: true });
  await writeFile(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  await writeFile(join(root, "etc/group"), "root:x:0:\n");
  await writeFile(
    join(root, "usr/lib/x86_64-linux-gnu/libc.so.6"),
    "GNU C Library (made) stable release version 2.36.",
  );
  await writeFile(join(root, "usr/local/bin/python3.12"), "no program", { mode: 0o755 });
  await symlink("python3.12", join(root, "usr/local/bin/python3"));
  await promisify(execFile)("tar", ["-C", root, "-cf", join(folder.path, "base.tar"), "etc", "usr"]);
  const tar = await readFile(join(folder.path, "base.tar"));
  const layer = gzipSync(tar);
  const config = encodeConfig({
    os: "linux",
    architecture: "amd64",
    config: { Env: ["PATH=/usr/local/bin:/usr/bin", "PYTHON_VERSION=3.12.4"] },
    rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
  });
  const descriptor = descriptorOf(layer, mediaTypes.ociLayerGzip);
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: [descriptor],
  });
  await withRepository("acme/python", async (repository) => {
    await repository.writeBlob(descriptor, async function* () {
      yield layer;
    });
    await repository.writeBlob(config.descriptor, async function* () {
      yield config.bytes;
    });
    await repository.writeManifest(manifest.bytes, mediaTypes.ociManifest, { tag: "3.12" });
  });
}

/** An engine with a cache of its own, empty when it starts. */
async function machine(options: { readonly write?: boolean; readonly repository?: string } = {}) {
  const cacheFolder = join(folder.path, `machine-${machines++}`);
  const store = await openLocalImageStore(cacheFolder);
  const { repository = `${server.address}/${layers}`, write = false } = options;
  const events: BuildEvent[] = [];
  const builder = assemble({ layerIndex: { repository, write } });
  const engine = new ImageBuildEngine({ builders: [builder], store, cacheFolder });
  started.push({ [Symbol.asyncDispose]: () => engine.close() });
  return {
    store,
    warnings: () => events.flatMap((event) => (event.type === "warning" ? [event.message] : [])),
    build(packages: readonly string[], registry = server.address, name = `acme/app${machines}`) {
      const spec = new ImageSpec({ ...common(), name, packages });
      return engine.build(spec, { registry, force: false, onEvent: (event) => events.push(event) });
    },
  };
}

async function withRepository<T>(
  name: string,
  action: (repository: ReturnType<RegistryClient["repository"]>) => Promise<T>,
  { address } = server,
): Promise<T> {
  await using client = new RegistryClient();
  return await action(client.repository({ registry: address, repository: name }));
}

async function layersOf({ digest }: ImageResult, name: string) {
  return withRepository(name, async (repository) => {
    const { manifest } = await repository.getManifest({ digest: parseDigest(digest ?? "") });
    if (isImageIndex(manifest)) throw new Error("an index");
    expect(await validateImage(repository, { digest: parseDigest(digest ?? "") })).toEqual([]);
    return manifest.layers.map((layer) => layer.digest);
  });
}

test("an empty machine downloads neither wheels nor the base", async () => {
  const other = await machine();
  const image = await other.build(["one", "two"], undefined, "acme/other");
  expect(image.bytes.downloaded).toBe(0);
  const [base, ...packages] = (await layersOf(image, "acme/other")).slice(0, 3);
  for (const digest of [base, ...packages])
    expect(await other.store.content.has(parseDigest(digest ?? ""))).toBe(false);
  expect(other.warnings()).toEqual([]);
});

test("the image is the one that a machine without the index makes", async () => {
  const withIndex = await (await machine()).build(["one", "two"], undefined, "acme/same");
  const cacheFolder = join(folder.path, "plain");
  const store = await openLocalImageStore(cacheFolder);
  await using engine = new ImageBuildEngine({ builders: [assemble()], store, cacheFolder });
  const spec = new ImageSpec({ ...common(), name: "acme/same", packages: ["one", "two"] });
  const without = await engine.build(spec, { registry: server.address, force: true });
  expect(without.action).toBe("built");
  expect(without.digest).toBe(withIndex.digest);
});

test("one more package costs its own wheel alone, and what it does not fit with is found", async () => {
  const other = await machine();
  const image = await other.build(["one", "two", "three"]);
  const [added] = wheels.filter(({ filename }) => filename.startsWith("three"));
  const bucketed = wheels.filter(({ filename }) => /^(?:two|three)/.test(filename));
  // "two" may share its layer with "three".
  expect([added?.bytes.length, bucketed.reduce((sum, { bytes }) => sum + bytes.length, 0)]).toContain(
    image.bytes.downloaded,
  );
  await expect((await machine()).build(["one", "two", "clash"])).rejects.toMatchObject({ code: "WHEEL_CONFLICT" });
});

test("an output of another registry gets the layers through this machine", async () => {
  await using elsewhere = await startRegistryServer();
  const other = await machine();
  const spec = await other.build(["one", "two"], elsewhere.address, "acme/elsewhere");
  const digest = parseDigest(spec.digest ?? "");
  await withRepository(
    "acme/elsewhere",
    async (repository) => expect(await validateImage(repository, { digest })).toEqual([]),
    elsewhere,
  );
  expect(spec.layers?.reused).toBeGreaterThanOrEqual(2);
});

test("records that make no sense count as absent", async () => {
  const name = "acme/poisoned";
  const writer = await machine({ write: true, repository: `${server.address}/${name}` });
  const image = await writer.build(["one", "two"], undefined, "acme/writer");
  await withRepository(name, async (repository) => {
    for (const tag of await repository.tags()) {
      const { manifest, bytes } = await repository.getManifest({ tag });
      if (isImageIndex(manifest)) throw new Error("an index");
      // The right form under another key; then a layer of another type.
      const other = new TextDecoder().decode(bytes).replaceAll(/index\.key":"[0-9a-f]{4}/g, 'index.key":"0000');
      const damaged = tag.startsWith("environment") ? other.replaceAll("tar+gzip", "other+gzip") : other;
      await repository.writeManifest(new TextEncoder().encode(damaged), mediaTypes.ociManifest, { tag });
    }
  });
  const reader = await machine({ repository: `${server.address}/${name}` });
  const again = await reader.build(["one", "two"], undefined, "acme/reader");
  expect(again.bytes.downloaded).toBeGreaterThan(0);
  expect(await layersOf(again, "acme/reader")).toEqual(await layersOf(image, "acme/writer"));
});

test("a layer that the index has lost is made here", async () => {
  await using own = await startRegistryServer({ sparseImage: true });
  const writer = await machine({ write: true, repository: `${own.address}/${layers}` });
  await writer.build(["one", "two"], undefined, "acme/lossy-writer");
  await withRepository(
    layers,
    async (repository) => {
      for (const tag of await repository.tags()) {
        const { bytes, descriptor } = await repository.getManifest({ tag });
        const manifest = parseManifest(bytes, descriptor.mediaType);
        if (isImageIndex(manifest) || !tag.startsWith("environment")) continue;
        for (const { digest } of manifest.layers) await repository.deleteBlob(digest);
      }
    },
    own,
  );
  const reader = await machine({ repository: `${own.address}/${layers}` });
  const image = await reader.build(["one", "two"], undefined, "acme/lossy-reader");
  expect(image.action).toBe("built");
  expect(reader.warnings()).toEqual([expect.stringContaining("the layers are made here")]);
  await layersOf(image, "acme/lossy-reader");
});

test("an index that cannot be used is a warning", async () => {
  await using closed = await startRegistryServer({ auth: { users: { ci: "secret" } } });
  const other = await machine({ write: true, repository: `${closed.address}/${layers}` });
  const image = await other.build(["one", "two"], undefined, "acme/closed");
  expect(image.action).toBe("built");
  expect(other.warnings().length).toBeGreaterThan(0);
  for (const warning of other.warnings()) expect(warning).toContain(`${closed.address}/${layers}`);
});
