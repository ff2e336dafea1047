import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { ImageBuildEngine, ImageSpec, type ImageSpecInput, type LockOptions, lockFileName } from "@imagespec/core";
import { openLocalImageStore } from "@imagespec/image-store";
import { digestHex, parseDigest } from "@imagespec/oci";
import { startRegistryServer } from "@imagespec/registry-server";
import { temporaryFolder } from "@imagespec/test-support";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AssembleBuilderOptions, assemble } from "../src/index.ts";

const run = promisify(execFile);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function engineAt(cache: string, options: AssembleBuilderOptions = {}): Promise<ImageBuildEngine> {
  const cacheFolder = join(folder.path, cache);
  return new ImageBuildEngine({
    builders: [assemble(options)],
    cacheFolder,
    store: await openLocalImageStore(cacheFolder),
  });
}

async function project(name: string): Promise<string> {
  const root = join(folder.path, name);
  await mkdir(join(root, "src"), { recursive: true });
  await writeFile(join(root, "src/main.py"), "print('hello')\n");
  return root;
}

/** What the record in the store says was installed. */
async function recordOf(cache: string, digest = ""): Promise<readonly string[]> {
  const file = join(folder.path, cache, "records", `${digestHex(parseDigest(digest))}.json`);
  // The engine writes it.
  const record = JSON.parse(await readFile(file, "utf8")) as {
    readonly resolution: { readonly distributions: readonly { readonly name: string; readonly version: string }[] };
  };
  return record.resolution.distributions.map(({ name, version }) => `${name} ${version}`);
}

function namesAndVersions(text: string): readonly string[] {
  return [...text.matchAll(/^name = "(.*)"\nversion = "(.*)"$/gm)].map(([, name, version]) => `${name} ${version}`);
}

describe("with the package index and Debian", () => {
  const input: ImageSpecInput = {
    name: "acme/train",
    pythonVersion: "3.13",
    baseImage: { debian: "trixie" },
    packages: ["requests[socks]", "idna<3.7"],
    sourceRoot: "src",
  };

  test("lock, build, edit, lock again, upgrade", async () => {
    const root = await project("one");
    const file = join(root, lockFileName("acme/train"));
    await using engine = await engineAt("cache");
    const lock = (spec: ImageSpecInput, options: LockOptions = {}) =>
      engine.lock(new ImageSpec(spec), { root, ...options });

    await expect(engine.build(new ImageSpec(input), { root, locked: true })).rejects.toMatchObject({
      code: "LOCK_MISSING",
    });
    const [first] = await lock(input);
    expect(first).toMatchObject({ status: "created", file, platforms: ["linux/amd64"], floating: [] });
    expect(first?.names).toEqual(expect.arrayContaining(["certifi", "idna", "pysocks", "requests", "urllib3"]));
    expect(first?.python).toMatch(/^3\.13\.\d+$/);
    const text = await readFile(file, "utf8");
    expect(text).toMatch(/^libc = "glibc 2\.\d+"$/m);
    expect(text).toContain('[tool.imagespec.base-lock."linux/amd64"]');

    const built = await engine.build(new ImageSpec(input), { root, locked: true });
    expect(built.tag).toMatch(/^v1-/);
    expect(built.action).toBe("built");
    const installed = await recordOf("cache", built.digest);
    expect(installed).toEqual(namesAndVersions(text));
    expect((await lock(input))[0]?.status).toBe("current");
    expect((await engine.build(new ImageSpec(input), { root, locked: true })).action).toBe("exists");

    const edited = { ...input, packages: ["requests[socks]", "rich"] };
    const stale = engine.build(new ImageSpec(edited), { root });
    await expect(stale).rejects.toMatchObject({
      code: "LOCK_STALE",
      message: expect.stringContaining('packages: "rich" was added, "idna<3.7" was removed'),
      hint: 'run "imagespec lock"',
      problems: [{ path: "packages[1]" }, { path: "packages" }],
    });
    expect(await engine.lockStatus(new ImageSpec(edited), { root })).toMatchObject([{ status: "stale" }]);
    const [second] = await lock(edited);
    expect(second?.status).toBe("updated");
    // What was pinned stays, although "idna" may be newer now.
    const before = namesAndVersions(text);
    expect(namesAndVersions(second?.text ?? "")).toEqual(expect.arrayContaining([...before]));
    expect(second?.changes.every((change) => change.before === undefined)).toBe(true);
    expect(second?.baseChanges).toEqual([]);

    const [one] = await lock(edited, { upgrade: ["Idna"] });
    expect(one?.changes).toMatchObject([{ name: "idna", before: expect.stringMatching(/^3\.[0-6]/) }]);
    await expect(lock(edited, { upgrade: ["requestz"] })).rejects.toMatchObject({
      code: "SPEC_PACKAGE_NOT_FOUND",
      hint: 'did you mean "requests"?',
    });
  });

  test("the same lock gives the same image, in another folder and cache", async () => {
    const [a, b] = [join(folder.path, "one"), await project("two")];
    const spec = new ImageSpec({ ...input, packages: ["requests[socks]", "rich"] });
    const name = lockFileName("acme/train");
    await writeFile(join(b, name), await readFile(join(a, name)));
    await using engine = await engineAt("cache");
    await using other = await engineAt("other");
    const [here, there] = [await engine.build(spec, { root: a }), await other.build(spec, { root: b })];
    expect(there.digest).toBe(here.digest);
    expect(there.tag).toBe(here.tag);
  });

  test("a Debian package that the archive has removed since", async () => {
    const archive = createServer((_request, response) => response.writeHead(404).end());
    archive.listen(0, "127.0.0.1");
    await once(archive, "listening");
    const { port } = archive.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    await using engine = await engineAt("empty", { debian: { main: url, security: url } });
    const spec = new ImageSpec({ ...input, packages: ["requests[socks]", "rich"] });
    await expect(engine.build(spec, { root: join(folder.path, "one") })).rejects.toMatchObject({
      code: "DEBIAN_PACKAGE_NOT_FOUND",
      hint: expect.stringContaining("imagespec lock --upgrade-base"),
    });
    archive.close();
  });

  test("a base in a registry: its digest, Python and C library", async () => {
    await using server = await startRegistryServer();
    const root = await project("three");
    await using engine = await engineAt("cache");
    const registry = server.address;
    const push = async (changes: ImageSpecInput) =>
      engine.build(new ImageSpec({ name: "acme/python", baseImage: { debian: "trixie" }, ...changes }), {
        root,
        registry,
        tag: { value: "1" },
      });
    const first = await push({ packages: ["idna<3.7"] });
    const input = { name: "acme/on", baseImage: `${registry}/acme/python:1`, packages: ["requests"] };
    const [lock] = await engine.lock(new ImageSpec(input), { root });
    expect(lock).toMatchObject({ status: "created", floating: [] });
    expect(lock?.python).toMatch(/^3\.13\.\d+$/);
    expect(lock?.text).toContain(`base-digest = "${first.digest}"`);
    // What the base has stays as it is.
    expect(namesAndVersions(lock?.text ?? "")).toContain("idna 3.6");
    const second = await push({ packages: ["idna<3.6"] });
    expect(second.digest).not.toBe(first.digest);
    const built = await engine.build(new ImageSpec(input), { root, locked: true });
    expect(built.tag).toMatch(/^v1-/);
    expect(await engine.drift(new ImageSpec(input), { root })).toMatchObject([
      {
        changes: [{ name: "idna", before: "3.6", now: "3.5" }],
        baseChanges: [{ before: first.digest, now: second.digest }],
      },
    ]);
  });

  test("uv takes the file as its own", async () => {
    const root = await project("several");
    await using engine = await engineAt("cache");
    const spec = new ImageSpec({
      ...input,
      packages: ["requests", "markupsafe"],
      platform: ["linux/amd64", "linux/arm64"],
    });
    const [lock] = await engine.lock(spec, { root });
    // One wheel for each platform, and one for both where it fits both.
    const entries = namesAndVersions(lock?.text ?? "").map((line) => line.split(" ")[0]);
    expect(entries.filter((name) => name === "markupsafe")).toHaveLength(2);
    expect(entries.filter((name) => name === "requests")).toHaveLength(1);
    const file = lock?.file ?? "";
    const uv = join(folder.path, "cache", "tools", "uv-0.13.9", "uv");
    const environment = { ...process.env, UV_PYTHON_DOWNLOADS: "never" };
    // The resolver's description of the image's interpreter: this machine need not have a Python 3.13.
    const interpreters = join(folder.path, "cache", "interpreters");
    const descriptions = await Promise.all(
      (await readdir(interpreters)).map(async (key) => {
        const program = join(interpreters, key, "bin/python3");
        return { program, isAmd64: (await readFile(program, "utf8")).includes('"arch":"x86_64"') };
      }),
    );
    const python = descriptions.find(({ isAmd64 }) => isAmd64)?.program ?? "";
    const options = ["--dry-run", "--python", python];
    const target = join(folder.path, "target");
    for (const command of [
      ["pip", "install", "-r", file],
      ["pip", "sync", file],
    ]) {
      const { stderr } = await run(uv, [...command, ...options, "--target", target], { env: environment });
      expect(stderr).toContain("+ requests==");
      expect(stderr).toContain("+ markupsafe==");
    }
  });
});
