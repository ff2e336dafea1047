import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ImageSpec, type ImageSpecInput, resolveImageSpec, type TargetEnvironment } from "@imagespec/core";
import { type IndexFixture, type IndexServer, makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createUvResolver, detectUvSettings } from "../src/index.ts";

const target: TargetEnvironment = {
  platform: "linux/arm64",
  pythonVersion: "3.12",
  libc: { kind: "glibc", version: "2.36" },
};
let folder: string;
let index: IndexServer;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sdists-"));
  index = await serveIndex([
    wheel("mixed", "1.0"),
    await sdist("mixed", "2.0", { isStatic: true }),
    await sdist("static", "1.0", { isStatic: true, dependency: "mixed" }),
    await sdist("told-by-build", "1.0", { isStatic: false, dependency: "mixed" }),
    wheel("newer-is-built", "1.0"),
    await sdist("newer-is-built", "2.0", { isStatic: false }),
  ]);
});
afterAll(async () => {
  await index?.close();
  await rm(folder, { recursive: true, force: true });
});

function wheel(name: string, version: string): IndexFixture {
  const { filename, bytes } = makeWheel({ name, version });
  return { filename, bytes };
}

/** Its own build backend, so that nothing has to be fetched for it. */
async function sdist(
  name: string,
  version: string,
  { isStatic, dependency }: { readonly isStatic: boolean; readonly dependency?: string },
): Promise<IndexFixture> {
  const stem = `${name.replaceAll("-", "_")}-${version}`;
  const metadata = (number: string, requires: string | undefined) =>
    [
      `Metadata-Version: ${number}`,
      `Name: ${name}`,
      `Version: ${version}`,
      ...(requires === undefined ? [] : [`Requires-Dist: ${requires}`]),
      "",
    ].join("\n");
  const files = {
    "pyproject.toml":
      '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\n' +
      `name = "${name}"\nversion = "${version}"\ndynamic = ["dependencies"]\n`,
    "PKG-INFO": isStatic ? metadata("2.2", dependency) : metadata("2.1", undefined),
    "backend.py": [
      "import os",
      "def prepare_metadata_for_build_wheel(folder, settings=None):",
      `    name = "${stem}.dist-info"`,
      "    os.makedirs(os.path.join(folder, name))",
      `    open(os.path.join(folder, name, "METADATA"), "w").write(${JSON.stringify(metadata("2.1", dependency))})`,
      '    open(os.path.join(folder, name, "WHEEL"), "w").write("Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")',
      "    return name",
      "",
    ].join("\n"),
  };
  const home = path.join(folder, "sources", stem);
  await mkdir(home, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(path.join(home, file), text);
  const filename = `${stem}.tar.gz`;
  await promisify(execFile)("tar", ["-czf", filename, stem], { cwd: path.dirname(home) });
  return { filename, bytes: await readFile(path.join(folder, "sources", filename)) };
}

async function chosen(input: ImageSpecInput, { python = true, sdists = true } = {}): Promise<readonly string[]> {
  const env = { PATH: python ? process.env["PATH"] : "", HOME: folder, UV_CACHE_DIR: path.join(folder, "uv") };
  const settings = { ...detectUvSettings({ ...process.env, ...env }, folder), index: undefined };
  const resolver = createUvResolver({
    cacheFolder: path.join(folder, "cache"),
    settings: { ...settings, uv: await uv() },
  });
  const spec = await resolveImageSpec(new ImageSpec({ ...input, pipIndex: index.url }), { root: folder });
  const { distributions } = await resolver.resolve(spec, target, {
    sdists,
    secret: async () => "",
    signal: new AbortController().signal,
  });
  return distributions.map((distribution) => {
    const { name, version, sdist } = distribution;
    return `${name} ${version}${sdist === undefined ? "" : " sdist"}`;
  });
}

let found: Promise<string> | undefined;
/** uv itself comes from the real index; that of the test has only the packages. */
function uv(): Promise<string> {
  found ??= (async () => {
    const cacheFolder = path.join(folder, "cache");
    const resolver = createUvResolver({ cacheFolder, settings: { ...detectUvSettings(), uv: undefined, path: [] } });
    const spec = await resolveImageSpec(new ImageSpec({ packages: ["six"] }), { root: folder });
    await resolver.resolve(spec, target, { secret: async () => "", signal: new AbortController().signal });
    const { stdout } = await promisify(execFile)("find", [path.join(cacheFolder, "tools"), "-name", "uv"]);
    return stdout.trim();
  })();
  return found;
}

describe("a resolution with source distributions", () => {
  test("takes wheels where the requirements allow it, and sources where there is no other way", async () => {
    expect(await chosen({ packages: ["mixed"] })).toEqual(["mixed 1.0"]);
    expect(await chosen({ packages: ["mixed>=2"] })).toEqual(["mixed 2.0 sdist"]);
    expect(await chosen({ packages: ["static"] })).toEqual(["mixed 1.0", "static 1.0 sdist"]);
    await expect(chosen({ packages: ["static"] }, { sdists: false })).rejects.toMatchObject({ code: "SPEC_NO_WHEEL" });
  });

  test("takes the source of what the spec names", async () => {
    const packages = ["static", "mixed"];
    const named = await chosen({ packages, pipExtraArgs: "--no-binary mixed" });
    expect(named).toEqual(["mixed 2.0 sdist", "static 1.0 sdist"]);
    const url = new URL("/files/mixed-2.0.tar.gz", index.url).href;
    expect(await chosen({ packages: [`mixed @ ${url}`] })).toEqual(["mixed 2.0 sdist"]);
  });

  test("what only a build tells is asked of a Python of the machine, when it has one", async () => {
    expect(await chosen({ packages: ["told-by-build"] })).toEqual(["mixed 1.0", "told-by-build 1.0 sdist"]);
    await expect(chosen({ packages: ["told-by-build"] }, { python: false })).rejects.toMatchObject({
      code: "RESOLVER_FAILED",
      message: expect.stringContaining('"told-by-build"'),
      hint: expect.stringMatching(/^install Python/),
    });
    expect(await chosen({ packages: ["newer-is-built"] }, { python: false })).toEqual(["newer-is-built 1.0"]);
    expect(await chosen({ packages: ["newer-is-built>=2", "static"] })).toEqual([
      "mixed 1.0",
      "newer-is-built 2.0 sdist",
      "static 1.0 sdist",
    ]);
  });

  test("a contradiction stays one", async () => {
    await expect(chosen({ packages: ["mixed>=2", "mixed<2"] })).rejects.toMatchObject({ code: "SPEC_UNSOLVABLE" });
    await expect(chosen({ packages: ["nowhere"] })).rejects.toMatchObject({ code: "SPEC_PACKAGE_NOT_FOUND" });
  });
});
