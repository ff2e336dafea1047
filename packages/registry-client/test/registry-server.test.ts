import { randomBytes } from "node:crypto";
import {
  type Descriptor,
  digestOf,
  encodeManifest,
  type ImageManifest,
  mediaTypes,
  parseImageManifest,
  parsePlatform,
} from "@imagespec/oci";
import { type RegistryServerOptions, startRegistryServer } from "@imagespec/registry-server";
import { describe, expect, test } from "vitest";
import { staticCredentials } from "../src/auth/static-credentials.ts";
import { copyImage } from "../src/copy/copy-image.ts";
import type { RegistryClient } from "../src/registry-client.ts";
import type { RegistryClientOptions } from "../src/registry-client-options.ts";
import { MemoryMedium } from "../src/testing/memory-medium.ts";
import { addSampleImage, addSampleIndex } from "../src/testing/sample-image.ts";
import { collect, rejection, testClient } from "../src/testing/test-client.ts";

const layers = [randomBytes(300_000), randomBytes(200_000), Buffer.from("small")];
const platform = parsePlatform("linux/amd64");

function sample(): MemoryMedium {
  const source = new MemoryMedium();
  const images = [
    addSampleImage(source, platform, layers, "single"),
    addSampleImage(source, parsePlatform("linux/arm64"), layers.slice(0, 1)),
  ];
  addSampleIndex(source, images, "both");
  return source;
}

async function withServer(
  options: RegistryServerOptions,
  run: (address: string, log: string[]) => Promise<void>,
): Promise<void> {
  const log: string[] = [];
  const server = await startRegistryServer({
    ...options,
    onRequest: ({ method, path, status }) => log.push(`${method} ${path} ${status}`),
  });
  try {
    await run(server.address, log);
  } finally {
    await server.close();
  }
}

const ann = (registry: string, options: RegistryClientOptions = {}): RegistryClient =>
  testClient({
    credentials: staticCredentials({ [registry]: { kind: "basic", username: "ann", password: "correct horse" } }),
    ...options,
  });

const users = { ann: "correct horse", bob: "battery staple" };
const variants: readonly (readonly [string, RegistryServerOptions])[] = [
  ["open", {}],
  ["Basic", { auth: { users } }],
  ["Basic, anonymous pull", { auth: { users, anonymousPull: true } }],
  ["tokens", { auth: { users, scheme: "token" } }],
  [
    "tokens that live a second, anonymous pull",
    { auth: { users, scheme: "token", tokenLifetimeSeconds: 1, anonymousPull: true } },
  ],
];

describe.each(variants)("a registry with auth: %s", (_, options) => {
  test("takes an index and gives it back, byte for byte", async () => {
    await withServer(options, async (registry) => {
      await using client = ann(registry);
      await client.ping(registry);
      const repository = client.repository({ registry, repository: "acme/train" });
      const source = sample();
      await client.checkPush({ registry, repository: "acme/train" });
      const pushed = await copyImage(source, { tag: "both" }, repository, { tag: "v1" });
      expect(pushed).toMatchObject({ blobsSent: 5, blobsReused: 0 });

      const back = new MemoryMedium();
      expect((await copyImage(repository, { tag: "v1" }, back, { tag: "v1" })).descriptor).toEqual(pushed.descriptor);
      // Each is stored under the digest of its own bytes.
      expect(new Set([...back.blobs.values()].map((bytes) => digestOf(bytes)))).toEqual(new Set(source.blobs.keys()));
      expect(await repository.tags()).toEqual(["v1"]);
      expect(await client.probe({ registry, repository: "acme/train", tag: "v1" })).toEqual({
        state: "present",
        descriptor: pushed.descriptor,
      });
      expect(await client.probe({ registry, repository: "acme/train", tag: "v2" })).toEqual({ state: "absent" });
    });
  });

  test("mounts what another repository has, and copies again without sending anything", async () => {
    await withServer(options, async (registry, log) => {
      await using client = ann(registry);
      const first = client.repository({ registry, repository: "acme/base" });
      await copyImage(sample(), { tag: "single" }, first, { tag: "v1" });
      const second = client.repository({ registry, repository: "acme/train" });
      const actions: (string | undefined)[] = [];
      const onProgress = ({ action }: { action?: string }) => action !== undefined && actions.push(action);
      const copied = await copyImage(first, { tag: "v1" }, second, { tag: "v1", onProgress });
      expect(copied).toMatchObject({ bytesSent: 0, blobsSent: 0, blobsReused: 4 });
      expect(actions).toEqual(["mounted", "mounted", "mounted", "mounted"]);

      const before = log.length;
      const other = addSampleImage(new MemoryMedium(), platform, layers);
      await copyImage(first, { tag: "v1" }, second, { tag: "v2" });
      expect(other.digest).toBe(copied.descriptor.digest);
      expect(
        log
          .slice(before)
          .filter((line) => !line.includes("/token"))
          .map((line) => line.split(" ")[0]),
      ).toEqual(["GET", "HEAD", "PUT"]);
    });
  });
});

test("wrong credentials and missing rights are told apart", async () => {
  await withServer({ auth: { users, scheme: "token", anonymousPull: true } }, async (registry) => {
    const wrong = staticCredentials({ [registry]: { kind: "basic", username: "ann", password: "wrong" } });
    await using client = testClient({ credentials: wrong });
    const error = await rejection(client.checkPush({ registry, repository: "a" }));
    expect(error.code).toBe("REGISTRY_AUTH");
    await using nobody = testClient();
    expect((await rejection(nobody.checkPush({ registry, repository: "a" }))).code).toMatch(/REGISTRY_(AUTH|DENIED)/);
  });
  await withServer({ readOnly: true }, async (registry) => {
    await using client = testClient();
    const error = await rejection(client.checkPush({ registry, repository: "a" }));
    expect(error.details).toMatchObject({ status: 405 });
  });
});

describe.each([true, false])("referrers, with the API: %s", (referrersApi) => {
  test("are listed, by many writers at once, and leave when they are deleted", async () => {
    await withServer({ referrersApi }, async (registry, log) => {
      await using client = testClient();
      const repository = client.repository({ registry, repository: "a" });
      const { descriptor: subject } = await copyImage(sample(), { tag: "single" }, repository, { tag: "v1" });
      const empty = Buffer.from("{}");
      const config: Descriptor = { mediaType: mediaTypes.ociEmpty, digest: digestOf(empty), size: 2 };
      await repository.writeBlob(config, async function* () {
        yield empty;
      });
      const referrer = (n: number): ImageManifest => ({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType: n === 0 ? "application/x.first" : "application/x.more",
        config,
        layers: [config],
        subject,
        annotations: { "dev.acme.n": String(n) },
      });
      expect(await repository.referrers(subject.digest)).toEqual([]);
      const pushed = await Promise.all(
        [0, 1, 2, 3].map((n) => {
          const { bytes, descriptor } = encodeManifest(referrer(n));
          return repository.pushReferrer(bytes, descriptor.mediaType);
        }),
      );
      const listed = await repository.referrers(subject.digest);
      expect(new Set(listed.map(({ digest }) => digest))).toEqual(new Set(pushed.map(({ digest }) => digest)));
      const [first] = await repository.referrers(subject.digest, { artifactType: "application/x.first" });
      expect(first).toEqual({
        ...pushed[0],
        artifactType: "application/x.first",
        annotations: { "dev.acme.n": "0" },
      });
      expect(log.some((line) => line.includes("/manifests/sha256-"))).toBe(!referrersApi);

      await repository.deleteManifest(pushed[0]!.digest);
      expect(await repository.referrers(subject.digest)).toHaveLength(3);
      expect((await rejection(repository.deleteManifest(pushed[0]!.digest))).code).toBe("REGISTRY_NOT_FOUND");
    });
  });
});

test("tags, manifests and blobs can be deleted", async () => {
  await withServer({}, async (registry) => {
    await using client = testClient();
    const repository = client.repository({ registry, repository: "a" });
    const { descriptor } = await copyImage(sample(), { tag: "single" }, repository, { tag: "v1" });
    await repository.writeManifest((await repository.getManifest({ tag: "v1" })).bytes, descriptor.mediaType, {
      tag: "v2",
    });
    await repository.deleteTag("v1");
    expect(await repository.tags()).toEqual(["v2"]);
    await repository.deleteManifest(descriptor.digest);
    expect(await repository.headManifest({ tag: "v2" })).toBeUndefined();
    await repository.deleteBlob(digestOf(layers[0]!));
    expect(await repository.hasBlob(digestOf(layers[0]!))).toBe(false);
    expect((await rejection(repository.getBlob({ digest: digestOf(layers[0]!), size: 1 }))).code).toBe(
      "REGISTRY_NOT_FOUND",
    );
  });
});

test("many downloads and uploads at once on few connections of one host come to an end", async () => {
  await withServer({}, async (registry) => {
    await using client = testClient({ maxConnections: 2 });
    const source = new MemoryMedium();
    const many = Array.from({ length: 24 }, () => randomBytes(200_000));
    addSampleImage(source, platform, many, "v1");
    const first = client.repository({ registry, repository: "a" });
    await copyImage(source, { tag: "v1" }, first, { tag: "v1", concurrency: 12 });
    const second = client.repository({ registry, repository: "b" });
    // Not known as a repository, so that every blob is read and sent instead of mounted.
    const plain = {
      hasBlob: first.hasBlob.bind(first),
      openBlob: first.openBlob.bind(first),
      readManifest: first.readManifest.bind(first),
    };
    expect((await copyImage(plain, { tag: "v1" }, second, { tag: "v1", concurrency: 12 })).blobsSent).toBe(25);
    const { bytes } = await second.getManifest({ tag: "v1" });
    const [blob] = parseImageManifest(bytes).layers;
    expect(digestOf(await collect(await second.openBlob(blob!)))).toBe(blob!.digest);
  });
});
