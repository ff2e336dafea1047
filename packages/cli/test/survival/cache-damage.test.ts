import { cp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assemble } from "@imagespec/builder-assemble";
import { ImageBuildEngine, type ImageResult, ImageSpec } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import { openLocalImageStore } from "@imagespec/image-store";
import { type ImageSource, parseDigest, parseImageManifest } from "@imagespec/oci";
import { RegistryClient } from "@imagespec/registry-client";
import { startRegistryServer } from "@imagespec/registry-server";
import { validateImage } from "@imagespec/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SmallProject, smallProject } from "./small-project.ts";
import { glob } from "./walk.ts";

/** The lane tries every damage on every file, the everyday tests one on a third of them. */
const triesAll = process.env["IMAGESPEC_SURVIVAL_MOMENTS"] !== undefined;
const seed = Number(process.env["IMAGESPEC_SURVIVAL_SEED"] ?? Date.now() % 1_000_000);

let project: SmallProject;
/** A cache with everything in it: an image was pushed, and is in the local store. */
let warm: string;
let digest: string;

beforeAll(async () => {
  project = await smallProject();
  warm = project.newFolder();
  await buildLocally(warm);
  digest = await buildAndCheck(warm);
});
afterAll(() => project?.[Symbol.asyncDispose]());

async function build(cacheFolder: string, options: object): Promise<ImageResult> {
  await using client = new RegistryClient({ proxy: {} });
  await using engine = new ImageBuildEngine({
    builders: [assemble({ uv: project.uv })],
    registryClient: client,
    cacheFolder,
    env: {},
  });
  return await engine.build(new ImageSpec(project.spec), { root: project.root, ...options });
}

/** Pushes to an empty registry, where what the registry got is read whole. */
async function buildAndCheck(cacheFolder: string): Promise<string> {
  await using server = await startRegistryServer();
  await using client = new RegistryClient({ proxy: {} });
  const result = await build(cacheFolder, { registry: server.address });
  const repository = client.repository({ registry: server.address, repository: "acme/train" });
  expect(await validateImage(repository, { digest: parseDigest(String(result.digest)) })).toEqual([]);
  return String(result.digest);
}

async function buildLocally(cacheFolder: string): Promise<ImageResult> {
  return build(cacheFolder, { output: "local-store" });
}

const damages: Readonly<Record<string, (file: string) => Promise<void>>> = {
  truncated: async (file) => truncate(file, Math.floor((await readFile(file)).length / 2)),
  flipped: async (file) => {
    const bytes = await readFile(file);
    const at = Math.floor(bytes.length * 0.6);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(file, bytes);
  },
  emptied: (file) => truncate(file, 0),
  deleted: (file) => rm(file),
};
const names = Object.keys(damages);

/** Files of a cache with what is done to them. */
async function cases(cache: string): Promise<readonly (readonly [file: string, damage: string])[]> {
  const files = (await glob(cache)).filter((file) => !file.startsWith("records/"));
  return files.flatMap((file, position) => {
    const chosen = triesAll ? names : [names[(position + seed) % names.length] ?? ""];
    return triesAll || (position + seed) % 3 === 0 ? chosen.map((damage) => [file, damage] as const) : [];
  });
}

/** The result of the work, or, where it finds a damaged file and says so, its result when the file was deleted as the hint says. */
async function withAdvice<T>(cache: string, work: () => Promise<T>, what: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isImageSpecError(error) || !["STORE_CORRUPT", "STORE_UNUSABLE"].includes(error.code)) {
      throw new Error(what, { cause: error });
    }
    expect(error.hint, what).toMatch(/delete (?:the file|it)/i);
    const { path } = error.details;
    expect(String(path), what).toContain(cache);
    await rm(String(path));
    return await work();
  }
}

describe(`a file of the cache that was changed behind our back (seed ${seed})`, { timeout: 900_000 }, () => {
  test("never changes a pushed image", async () => {
    for (const [file, damage] of await cases(warm)) {
      const cache = project.newFolder();
      await cp(warm, cache, { recursive: true });
      await damages[damage]?.(join(cache, file));
      const what = `${damage} ${file}`;
      expect(await withAdvice(cache, () => buildAndCheck(cache), what), what).toBe(digest);
      await rm(cache, { recursive: true });
    }
  });

  test("never changes a pushed image whose layers are made anew", async () => {
    const used = await withoutLayers();
    for (const [file, damage] of await cases(used)) {
      const cache = project.newFolder();
      await cp(used, cache, { recursive: true });
      await damages[damage]?.(join(cache, file));
      const what = `${damage} ${file}`;
      expect(await withAdvice(cache, () => buildAndCheck(cache), what), what).toBe(digest);
      await rm(cache, { recursive: true });
    }
  });

  test("is found when the image of the local store is built again or read, and never taken for the image", async () => {
    for (const [file, damage] of await cases(warm)) {
      const cache = project.newFolder();
      await cp(warm, cache, { recursive: true });
      await damages[damage]?.(join(cache, file));
      const what = `${damage} ${file}`;
      const buildAndRead = async (): Promise<string> => {
        const result = await buildLocally(cache);
        await using store = await openLocalImageStore(cache);
        await readAll(store, String(result.digest));
        expect(await validateImage(store, { digest: parseDigest(String(result.digest)) }), what).toEqual([]);
        return String(result.digest);
      };
      expect(await withAdvice(cache, buildAndRead, what), what).toBe(digest);
      await rm(cache, { recursive: true });
    }
  });
});

/** Reads every blob of an image as whoever copies it does. */
async function readAll(source: ImageSource, digest: string): Promise<void> {
  const stored = await source.readManifest({ digest: parseDigest(digest) });
  const { config, layers } = parseImageManifest(stored?.bytes ?? "");
  for (const blob of [config, ...layers]) for await (const _ of await source.openBlob(blob));
}

/** The warm cache as garbage collection may leave it: wheels and base are there, layers are not. */
async function withoutLayers(): Promise<string> {
  const cache = project.newFolder();
  await cp(warm, cache, { recursive: true });
  await rm(join(cache, "assemble", "files"), { recursive: true });
  for (const file of await glob(join(warm, "assemble", "layers"))) {
    const { value } = JSON.parse(await readFile(join(warm, "assemble", "layers", file), "utf8"));
    await rm(join(cache, "blobs", "sha256", value.digest.slice("sha256:".length)));
  }
  await rm(join(cache, "assemble", "layers"), { recursive: true });
  return cache;
}
