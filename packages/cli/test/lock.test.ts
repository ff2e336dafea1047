import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { type TemporaryFolder, temporaryFolder } from "@imagespec/test-support";
import { makeWheel, serveIndex } from "@imagespec/test-support/wheels";
import { afterAll, beforeAll, expect, test } from "vitest";

const bin = path.join(import.meta.dirname, "..", "bin", "imagespec.js");
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function imagespec(args: readonly string[], cwd: string) {
  const env = { ...process.env, IMAGESPEC_CACHE_DIR: folder.join("cache"), NO_COLOR: "1", CI: "" };
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [exitCode] = await once(child, "close");
  return { exitCode, stdout, stderr };
}

async function writeSpec(cwd: string, index: string, packages: string, name = "name: acme/train\n"): Promise<void> {
  const text = `${name}baseImage: { debian: trixie }\npipIndex: ${index}\npackages: [${packages}]\n`;
  await writeFile(path.join(cwd, "train.image.yaml"), text);
}

test("lock, check, build, edit, upgrade", async () => {
  const wheels = [makeWheel({ name: "demo", version: "1.0" }), makeWheel({ name: "ruamel.yaml", version: "1.0" })];
  // uv is fetched from the index that the machine is configured for.
  expect((await warmUp()).exitCode).toBe(0);
  const cwd = folder.join("project");
  await mkdir(cwd);
  await using old = await serveIndex(wheels);
  await writeSpec(cwd, old.url, "demo");
  const missing = await imagespec(["lock", "--check"], cwd);
  expect([missing.exitCode, missing.stdout]).toEqual([
    2,
    '  missing  pylock.acme-train.toml\n    hint: run "imagespec lock"\n',
  ]);
  expect((await imagespec(["plan", "--locked"], cwd)).stderr).toContain("LOCK_MISSING");
  const created = await imagespec(["lock"], cwd);
  expect(created).toMatchObject({ exitCode: 0, stderr: "" });
  expect(created.stdout).toMatch(
    /^ {2}created {2}pylock\.acme-train\.toml {2}1 package · python 3\.13\.\d+ · linux\/amd64\n$/,
  );
  expect((await imagespec(["lock", "--check"], cwd)).exitCode).toBe(0);
  const built = await imagespec(["build", "--locked", "--quiet"], cwd);
  expect(built.stdout).toMatch(/^acme\/train:v1-[a-z2-7]{16}\n$/);

  await writeSpec(cwd, old.url, "demo, ruamel.yaml");
  const stale = await imagespec(["build"], cwd);
  expect(stale.exitCode).toBe(2);
  expect(stale.stderr).toContain('"pylock.acme-train.toml" is stale: packages: "ruamel-yaml" was added   LOCK_STALE');
  expect(stale.stderr).toContain('hint: run "imagespec lock"');
  expect((await imagespec(["lock"], cwd)).stdout).toMatch(
    /spec {2}packages: "ruamel-yaml" was added\n {4}\+ ruamel-yaml {2}1\.0\n$/,
  );

  await using newer = await serveIndex([
    ...wheels,
    makeWheel({ name: "demo", version: "2.0" }),
    makeWheel({ name: "ruamel.yaml", version: "2.0" }),
  ]);
  await writeSpec(cwd, newer.url, "demo, ruamel.yaml");
  expect((await imagespec(["lock"], cwd)).stdout).toContain(`pipIndex: "${old.url}" is now "${newer.url}"`);
  expect(await readFile(path.join(cwd, "pylock.acme-train.toml"), "utf8")).not.toContain('"2.0"');
  const drift = await imagespec(["plan", "--drift"], cwd);
  expect(drift.stdout).toMatch(
    /drift {2}acme\/train {2}pylock\.acme-train\.toml\n {4}~ demo +1\.0 → 2\.0\n {4}~ ruamel-yaml +1\.0 → 2\.0\n/,
  );
  // No such file: a package.
  const one = await imagespec(["lock", "train.image.yaml", "--upgrade", "ruamel.yaml"], cwd);
  expect(one.stdout).toMatch(/^ {2}updated .*\n {4}~ ruamel-yaml {2}1\.0 → 2\.0\n$/);
  const all = await imagespec(["lock", "--upgrade", "--json"], cwd);
  expect(JSON.parse(all.stdout)).toMatchObject({
    type: "locks",
    exitCode: 0,
    locks: [{ status: "updated", changes: [{ name: "demo", before: "1.0", now: "2.0" }] }],
  });
});

test("a spec without a name is locked by the name of its file", async () => {
  const cwd = folder.join("nameless");
  await mkdir(cwd);
  await using index = await serveIndex([makeWheel({ name: "demo", version: "1.0" })]);
  await writeSpec(cwd, index.url, "demo", "");
  expect(await imagespec(["lock"], cwd)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await readdir(cwd)).toEqual(["pylock.train.toml", "train.image.yaml"]);
  expect((await imagespec(["plan"], cwd)).stdout).toMatch(/image:v1-/);
  const wrong = await imagespec(["lock", "--check", "--upgrade"], cwd);
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("CLI_USAGE")]);
});

async function warmUp() {
  const cwd = folder.join("warm");
  await mkdir(cwd);
  await writeFile(path.join(cwd, "image.yaml"), "name: acme/warm\nbaseImage: { debian: trixie }\npackages: [six]\n");
  return imagespec(["lock"], cwd);
}
