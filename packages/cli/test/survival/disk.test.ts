import { execFile } from "node:child_process";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { startRegistryServer } from "@imagespec/registry-server";
import { afterAll, afterEach, beforeAll, describe, expect, type TestContext, test } from "vitest";
import { cacheProblems, temporaryFiles } from "./cache-problems.ts";
import { type CalmBuild, calmBuild } from "./calm-build.ts";
import { buildCommand, runBuild } from "./imagespec-process.ts";
import { type SmallProject, smallProject } from "./small-project.ts";
import { glob } from "./walk.ts";

const run = promisify(execFile);
const mounts: string[] = [];
/** The lane tries more sizes than the everyday tests. */
const sizes =
  process.env["IMAGESPEC_SURVIVAL_MOMENTS"] === undefined
    ? [8, 700, 4000, 8600]
    : [8, 60, 200, 700, 1200, 1700, 4000, 6000, 7000, 8600];

let project: SmallProject;
let spec: string;
let calm: CalmBuild;

beforeAll(async () => {
  await buildCommand();
  project = await smallProject();
  spec = await project.writeSpec("train");
  calm = await calmBuild(project, spec);
});
afterEach(async () => {
  for (const folder of mounts.splice(0)) await run("umount", ["-l", folder]);
});
afterAll(() => project?.[Symbol.asyncDispose]());

/** A disk of its own in memory; the test is skipped where that cannot be had. */
async function mountDisk(kilobytes: number, context: TestContext): Promise<string> {
  const folder = project.newFolder();
  await mkdir(folder);
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder]);
  } catch {
    context.skip("a small disk needs the right to mount a tmpfs");
  }
  mounts.push(folder);
  return folder;
}

function remount(folder: string, options: string): Promise<unknown> {
  return run("mount", ["-o", `remount,${options}`, folder]);
}

describe("a cache on a disk that gets full", () => {
  test.for(sizes)("after %i kB", async (kilobytes, context) => {
    const cache = await mountDisk(kilobytes, context);
    const root = project.newFolder();
    await using server = await startRegistryServer({ root });
    const first = await runBuild(project, { spec, cache, registry: server.address });
    expect(first).toMatchObject({ exitCode: 1, error: { code: "DISK_FULL" } });
    expect(first.error?.message).toContain(cache);
    expect(first.error?.hint).toMatch(/^free space .*IMAGESPEC_CACHE_DIR/i);
    expect(await cacheProblems(cache)).toEqual([]);
    expect(await temporaryFiles(cache)).toEqual([]);
    expect((await glob(root)).filter((file) => file.includes("/_tags/"))).toEqual([]);
    await remount(cache, "size=64m");
    const again = await runBuild(project, { spec, cache, registry: server.address });
    expect(again).toMatchObject({ exitCode: 0, digest: calm.digest });
  });
});

describe("a cache that cannot be written to", () => {
  test("on a read-only disk: the folder is named; an image that exists is found all the same", async (context) => {
    const cache = await mountDisk(64_000, context);
    await remount(cache, "ro");
    await using server = await startRegistryServer();
    const cold = await runBuild(project, { spec, cache, registry: server.address });
    expect(cold).toMatchObject({ exitCode: 1, error: { code: "STORE_UNUSABLE" } });
    expect(cold.error?.message).toContain(cache);
    expect(cold.error?.hint).toMatch(/another folder|another one/);
    await remount(cache, "rw");
    expect(await runBuild(project, { spec, cache, registry: server.address })).toMatchObject({ digest: calm.digest });
    await remount(cache, "ro");
    const found = await runBuild(project, { spec, cache, registry: server.address });
    expect(found).toMatchObject({ exitCode: 0, action: "exists", digest: calm.digest });
    const forced = await runBuild(project, { spec, cache, registry: server.address, args: ["--force"] });
    expect(forced).toMatchObject({ exitCode: 1, error: { code: "STORE_UNUSABLE" } });
  });

  test("of another user", async (context) => {
    if (process.getuid?.() !== 0) context.skip("another user needs root");
    const cache = project.newFolder();
    await mkdir(cache, { mode: 0o755 });
    await writeFile(`${cache}/mine`, "");
    await run("chmod", ["-R", "a+rX", project.root.replace(/\/project$/, "")]);
    await chmod(project.root, 0o755);
    await using server = await startRegistryServer();
    const refused = await runBuild(project, { spec, cache, registry: server.address, uid: 65_534 });
    if (refused.error === undefined)
      context.skip(`another user cannot run the command: ${refused.stderr.slice(0, 200)}`);
    expect(refused).toMatchObject({ exitCode: 1, error: { code: "STORE_UNUSABLE" } });
    expect(refused.error?.message).toContain(cache);
    await rm(cache, { recursive: true });
  });
});
