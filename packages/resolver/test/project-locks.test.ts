import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ImageSpec, type ImageSpecInput, resolveImageSpec, type TargetEnvironment } from "@imagespec/core";
import { openContentStore } from "@imagespec/image-store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createUvResolver, detectUvSettings } from "../src/index.ts";
import { describeInterpreter } from "../src/uv/describe-interpreter.ts";
import { uvRelease } from "../src/uv/uv-release.ts";

const run = promisify(execFile);
const target: TargetEnvironment = {
  platform: "linux/amd64",
  pythonVersion: "3.12",
  libc: { kind: "glibc", version: "2.36" },
};
const project = `[project]
name = "app"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["requests<2.32", "markupsafe==2.1.5", "colorama; sys_platform == 'win32'"]

[project.optional-dependencies]
socks = ["pysocks"]

[dependency-groups]
dev = ["iniconfig==2.0.0"]
`;
let folder: string;
let cacheFolder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "project-locks-"));
  cacheFolder = path.join(folder, "cache");
  await writeFile(path.join(folder, "pyproject.toml"), project);
  // Fetches uv.
  await versionsOf({ packages: ["iniconfig"] });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function distributionsOf(input: ImageSpecInput, root = folder) {
  const settings = detectUvSettings({ PATH: "", HOME: folder, SSL_CERT_FILE: process.env["SSL_CERT_FILE"] }, folder);
  const spec = await resolveImageSpec(new ImageSpec(input), { root });
  const options = { secret: async () => "", signal: new AbortController().signal };
  const { distributions } = await createUvResolver({ cacheFolder, settings }).resolve(spec, target, options);
  return distributions;
}

async function versionsOf(input: ImageSpecInput, root = folder): Promise<readonly string[]> {
  return (await distributionsOf(input, root)).map(({ name, version }) => `${name} ${version}`);
}

async function uv(...args: readonly string[]): Promise<string> {
  const program = path.join(cacheFolder, "tools", `uv-${uvRelease.version}`, "uv");
  const env = { ...process.env, UV_PYTHON_DOWNLOADS: "never" };
  const python = await describeInterpreter(target, await openContentStore(cacheFolder));
  return (await run(program, [...args, "--python", python], { cwd: folder, env })).stdout;
}

describe("a uv.lock", () => {
  test("is installed as it is, with the groups and extras that are asked for", async () => {
    await uv("lock");
    const plain = await versionsOf({ requirements: "uv.lock" });
    const exported = await uv("export", "--frozen", "--no-emit-project", "--no-dev", "--no-hashes", "--no-annotate");
    const wanted = [...exported.matchAll(/^([\w.-]+)==(\S+)(.*)$/gm)]
      .filter(([, , , marker = ""]) => !marker.includes("win32"))
      .map(([, name, version]) => `${name} ${version}`);
    expect(plain).toEqual(wanted);
    expect(plain).toContain("markupsafe 2.1.5");
    const more = await versionsOf({ requirements: { file: "uv.lock", groups: ["dev"], extras: ["socks"] } });
    expect(more).toEqual(expect.arrayContaining([...plain, "iniconfig 2.0.0"]));
    expect(more.some((line) => line.startsWith("pysocks "))).toBe(true);
    expect(more).toHaveLength(plain.length + 2);
  });

  test("exported by uv as pylock.toml says the same", async () => {
    const text = await uv("export", "--frozen", "--no-emit-project", "--no-dev", "--format", "pylock.toml");
    await writeFile(path.join(folder, "pylock.toml"), text);
    expect(await distributionsOf({ requirements: "pylock.toml" })).toEqual(
      await distributionsOf({ requirements: "uv.lock" }),
    );
    const spec = await resolveImageSpec(new ImageSpec({ requirements: "pylock.toml" }), { root: folder });
    expect(spec.lock?.hashed).toBe(true);
    // The base alone is named by a tag.
    expect(spec.floating).toEqual(["baseImage"]);
  });

  test("with a group that it does not have is refused", async () => {
    await expect(versionsOf({ requirements: { file: "uv.lock", groups: ["deev"] } })).rejects.toMatchObject({
      code: "SPEC_VALUE",
      hint: 'did you mean "dev"?',
    });
  });
});

describe("a poetry.lock in Poetry 2.1's format", () => {
  test("is installed as it is, by groups, extras and markers", async () => {
    const root = path.join(folder, "poetry");
    await mkdir(root);
    await writeFile(path.join(root, "pyproject.toml"), project);
    const hashes = new Map(
      [
        ...(await readFile(path.join(folder, "uv.lock"), "utf8")).matchAll(
          /\[\[package\]\]\nname = "(.+)"\nversion = "(.+)"\n([\s\S]*?)(?=\n\[\[package|$)/g,
        ),
      ].map(([, name = "", version = "", rest = ""]) => [
        name,
        { version, files: [...rest.matchAll(/url = "[^"]*\/([^"/]+)", hash = "(sha256:[0-9a-f]+)"/g)] },
      ]),
    );
    const entry = (name: string, lines: string): string => {
      const { version = "", files = [] } = hashes.get(name) ?? {};
      const listed = files.map(([, file, hash]) => `    {file = "${file}", hash = "${hash}"},\n`).join("");
      return `[[package]]\nname = "${name}"\nversion = "${version}"\ndescription = ""\noptional = false\npython-versions = ">=3.7"\n${lines}\nfiles = [\n${listed}]\n`;
    };
    const lock = [
      "# This file is automatically @generated by Poetry 2.1.3 and should not be changed by hand.\n",
      entry("colorama", `groups = ["main"]\nmarkers = "sys_platform == \\"win32\\""`),
      entry("iniconfig", 'groups = ["dev"]'),
      entry("markupsafe", 'groups = ["main"]'),
      entry("pysocks", `groups = ["main"]\nmarkers = "extra == \\"socks\\""`).replace(
        "optional = false",
        "optional = true",
      ),
      '[extras]\nsocks = ["pysocks"]\n',
      '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.11"\ncontent-hash = "0"\n',
    ].join("\n");
    await writeFile(path.join(root, "poetry.lock"), lock);
    expect(await versionsOf({ requirements: "poetry.lock" }, root)).toEqual(["markupsafe 2.1.5"]);
    const chosen = { file: "poetry.lock", groups: ["dev"], extras: ["socks"] };
    const all = await distributionsOf({ requirements: chosen }, root);
    expect(all.map(({ name }) => name)).toEqual(["iniconfig", "markupsafe", "pysocks"]);
    expect(all[1]?.wheel?.filename).toMatch(/-cp312-cp312-manylinux.*x86_64\.whl$/);
    // Files that the lock does not know are kept out, whatever the index says.
    await writeFile(path.join(root, "poetry.lock"), lock.replaceAll(/sha256:[0-9a-f]{8}/g, "sha256:00000000"));
    await expect(versionsOf({ requirements: "poetry.lock" }, root)).rejects.toMatchObject({
      code: "WHEEL_HASH_MISMATCH",
    });
  });
});

test("hashes in a requirements.txt are demanded", async () => {
  const root = path.join(folder, "hashed");
  await mkdir(root);
  const [distribution] = await distributionsOf({ packages: ["iniconfig==2.0.0"] });
  const write = (hash = "") =>
    writeFile(path.join(root, "requirements.txt"), `iniconfig==2.0.0 --hash=sha256:${hash}\n`);
  await write(distribution?.wheel?.sha256);
  expect(await versionsOf({ requirements: "requirements.txt" }, root)).toEqual(["iniconfig 2.0.0"]);
  await write("0".repeat(64));
  await expect(versionsOf({ requirements: "requirements.txt" }, root)).rejects.toMatchObject({
    code: "WHEEL_HASH_MISMATCH",
  });
});
