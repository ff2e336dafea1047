import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type BuildEvent,
  ImageBuildEngine,
  ImageSpec,
  type ImageSpecInput,
  type PackageResolution,
} from "@imagespec/core";
import { openLocalImageStore } from "@imagespec/image-store";
import { type Digest, digestHex, parseDigest, parseImageManifest } from "@imagespec/oci";
import { RegistryClient } from "@imagespec/registry-client";
import { startRegistryServer } from "@imagespec/registry-server";
import { checkImageContract, temporaryFolder, validateImage } from "@imagespec/test-support";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assemble } from "../src/index.ts";
import { unpackImage } from "./unpack-image.ts";

const run = promisify(execFile);
/** Where chroot itself is found; nothing of the machine besides. */
const bareEnv = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let root: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  root = join(folder.path, "project");
  await mkdir(join(root, "src/train"), { recursive: true });
  await writeFile(join(root, "src/train/__init__.py"), "score = 1\n");
});
afterAll(() => folder[Symbol.asyncDispose]());

async function engineAt(name: string) {
  const cacheFolder = join(folder.path, name);
  const store = await openLocalImageStore(cacheFolder);
  const events: BuildEvent[] = [];
  const engine = new ImageBuildEngine({ builders: [assemble()], store, cacheFolder });
  const build = async (input: ImageSpecInput, options: object = {}) => {
    const spec = new ImageSpec({ name: "acme/train", ...input });
    const image = await engine.build(spec, { root, onEvent: (event) => events.push(event), ...options });
    return { ...image, digest: parseDigest(image.digest ?? "") };
  };
  return { store, events, build, [Symbol.asyncDispose]: () => engine.close() };
}

const pandas: ImageSpecInput = {
  pythonVersion: "3.13",
  baseImage: { debian: "trixie" },
  packages: ["pandas", "numpy"],
  env: { OMP_NUM_THREADS: "2" },
  sourceRoot: "src",
  entrypoint: ["python", "-m", "train"],
};

describe("numpy and pandas on a base of Debian packages", () => {
  test("keeps the contract, is well-formed, and runs", async (context) => {
    await using local = await engineAt("cache");
    const image = await local.build(pandas);
    const reference = { digest: image.digest };
    expect(await validateImage(local.store, reference)).toEqual([]);
    const violations = await checkImageContract(local.store, reference, {
      fingerprint: image.fingerprint,
      contract: "1",
      env: { OMP_NUM_THREADS: "2" },
      entrypoint: ["python", "-m", "train"],
      pythonVersion: "3.13",
      source: { "train/__init__.py": "score = 1\n" },
      epoch: 0,
    });
    expect(violations).toEqual([]);
    if (process.getuid?.() !== 0) context.skip("chroot needs root");
    const rootFolder = join(folder.path, "unpacked");
    await unpackImage(local.store, image.digest, rootFolder);
    const script = [
      "import importlib.metadata as m, json, sys, train, pandas, numpy",
      "assert pandas.DataFrame({'a': [1, 2]}).a.sum() == 3 and train.score == 1 and sys.prefix == '/opt/venv'",
      "print(json.dumps({d.name.lower().replace('_', '-'): d.version for d in m.distributions()}))",
    ].join("\n");
    const chroot = ["--userspec=65532:65532", rootFolder, "/opt/venv/bin/python", "-c", script];
    const { stdout } = await run("chroot", chroot, { env: bareEnv });
    const recordFile = join(local.store.root, "records", `${digestHex(image.digest)}.json`);
    const { resolution } = JSON.parse(await readFile(recordFile, "utf8")) as { resolution: PackageResolution };
    const resolved = resolution.distributions.map(({ name, version }) => [name, version]);
    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(resolved));
    expect(resolved.map(([name]) => name)).toEqual(expect.arrayContaining(["numpy", "pandas"]));
  });

  test("a second build finds it; an edit of the source moves only its layer", async () => {
    await using local = await engineAt("cache");
    const first = await local.build(pandas);
    expect(first.action).toBe("exists");
    await writeFile(join(root, "src/train/__init__.py"), "score = 2\n");
    const edited = await local.build(pandas);
    expect(edited.layers).toMatchObject({ built: 1 });
    const layersOf = async (digest: Digest) => {
      const stored = await local.store.readManifest({ digest });
      return parseImageManifest(stored?.bytes ?? "").layers.map((layer) => layer.digest);
    };
    const [before, after] = [await layersOf(first.digest), await layersOf(edited.digest)];
    expect(after.slice(0, -1)).toEqual(before.slice(0, -1));
    expect(after.at(-1)).not.toBe(before.at(-1));
  });

  test("goes to a registry, whose base is mounted instead of sent", async () => {
    await using server = await startRegistryServer();
    await using local = await engineAt("cache");
    const image = await local.build(pandas, { registry: server.address });
    await using client = new RegistryClient();
    const repository = client.repository({ registry: server.address, repository: "acme/train" });
    expect(await validateImage(repository, { digest: image.digest })).toEqual([]);
    expect(image.bytes.uploaded).toBeLessThan(image.layers?.size ?? 0);
  });

  test("stands on another spec, whose packages stay as they are", async (context) => {
    await using local = await engineAt("cache");
    const { sourceRoot: _source, entrypoint: _entrypoint, ...rest } = pandas;
    const baseImage = new ImageSpec({ ...rest, name: "acme/numpy", packages: ["numpy<2.3", "six"] });
    const image = await local.build({
      name: "acme/nested",
      baseImage,
      packages: ["pandas"],
      runtimePackages: ["idna"],
    });
    expect(await validateImage(local.store, { digest: image.digest })).toEqual([]);
    expect(await checkImageContract(local.store, { digest: image.digest })).toEqual([]);
    if (process.getuid?.() !== 0) context.skip("chroot needs root");
    const rootFolder = join(folder.path, "nested");
    await unpackImage(local.store, image.digest, rootFolder);
    const script =
      "import pandas, numpy, six, sys; print(numpy.__version__ < '2.3', '/home/imagespec/runtime' in sys.path)";
    const { stdout } = await run("chroot", [rootFolder, "/opt/venv/bin/python", "-c", script], { env: bareEnv });
    expect(stdout).toBe("True True\n");
  });

  test("another cache makes the same image", async () => {
    await using one = await engineAt("cache");
    await using two = await engineAt("other");
    const input = { ...pandas, baseImage: "scratch", packages: [] };
    const digests = [await one.build(input, { force: true }), await two.build(input)].map(({ digest }) => digest);
    expect(new Set(digests).size).toBe(1);
  });
});

describe("a package index of one's own", () => {
  const base = { pythonVersion: "3.13", baseImage: { debian: "trixie" } } as const;

  test("private packages with a login, scripts that run", async (context) => {
    const wheel = makeWheel({
      name: "house",
      version: "1.0",
      files: { "house/__init__.py": "def main():\n    print('at home')\n" },
      entryPoints: "[console_scripts]\nhouse = house:main\n",
    });
    await using index = await serveIndex([wheel], { login: "user:secret" });
    await using local = await engineAt("cache");
    const pipIndex = index.url.replace("//", "//user:secret@");
    const image = await local.build({ ...base, name: "acme/house", packages: ["house"], pipIndex });
    expect(JSON.stringify(local.events)).not.toContain("user:secret");
    if (process.getuid?.() !== 0) context.skip("chroot needs root");
    const rootFolder = join(folder.path, "house");
    await unpackImage(local.store, image.digest, rootFolder);
    const { stdout } = await run("chroot", [rootFolder, "/opt/venv/bin/house"], { env: bareEnv });
    expect(stdout).toBe("at home\n");
  });

  test("a wheel with other bytes than the index states", async () => {
    const wheel = makeWheel({ name: "broken", version: "1.0" });
    await using index = await serveIndex([{ ...wheel, sha256: "0".repeat(64) }]);
    await using local = await engineAt("cache");
    const failure = local.build({ ...base, name: "acme/broken", packages: ["broken"], pipIndex: index.url });
    await expect(failure).rejects.toMatchObject({ code: "WHEEL_HASH_MISMATCH" });
  });

  test("a wheel that does not list its files", async () => {
    const wheel = makeWheel({ name: "hostile", version: "1.0", extra: [{ name: "evil.pth", content: "import os" }] });
    await using index = await serveIndex([wheel]);
    await using local = await engineAt("cache");
    const failure = local.build({ ...base, name: "acme/hostile", packages: ["hostile"], pipIndex: index.url });
    await expect(failure).rejects.toMatchObject({
      code: "WHEEL_INVALID",
      message: expect.stringContaining('"hostile-1.0-py3-none-any.whl" has "evil.pth"'),
    });
  });
});
