import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type RunOptions, type RunResult, requireStack, run } from "../src/index.ts";

const scripts = fileURLToPath(new URL("../../../scripts/stack/", import.meta.url));

function script(name: string, args: readonly string[], env: NonNullable<RunOptions["env"]>): Promise<RunResult> {
  return run([process.execPath, path.join(scripts, name), ...args], { env, allowFailure: true });
}

/** Command lines of processes that run (not of those that only wait to be collected) and name the folder. */
function processesOf(folder: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .map((name) => readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " "))
    .filter((line) => line.includes(`${folder}/`) && !line.includes("vitest"));
}

test("a stack of its own comes up, outlives a killed engine, and leaves nothing behind", async (context) => {
  // The packages and layers are there after this, so that what follows is quick.
  await requireStack(context);
  // The temporary folder of the machine may be too deep for sockets.
  const folder = await mkdtemp("/tmp/is-");
  const env = { IMAGESPEC_STACK_DIR: folder, IMAGESPEC_STACK_PORT: undefined };
  try {
    const calls = await Promise.all([0, 1].map(() => script("up.mjs", ["--pythons", "3.12"], env)));
    expect(calls.map(({ exitCode, stderr }) => (exitCode === 0 ? "up" : stderr))).toEqual(["up", "up"]);
    const [facts, same] = calls.map(({ stdout }) => JSON.parse(stdout));
    expect(same).toEqual(facts);

    const docker = (...args: readonly string[]) => run([facts.docker, "-H", facts.dockerHost, ...args]);
    await docker("run", "--detach", "--publish", "127.0.0.1::80", "python:3.12-slim", "sleep", "1000");
    const { pid } = JSON.parse(readFileSync(path.join(folder, "run", "engine-20.10.json"), "utf8"));
    process.kill(pid, "SIGKILL");

    const again = await script("up.mjs", ["--pythons", "3.12"], env);
    expect(JSON.parse(again.stdout)).toEqual(facts);
    expect((await docker("ps", "--quiet")).stdout).toBe("");
    await docker("run", "--rm", "python:3.12-slim", "true");

    const down = await script("down.mjs", ["--purge"], env);
    expect(JSON.parse(down.stdout)).toMatchObject({ stopped: ["engine-20.10", "registry"], leftovers: 0 });
    expect(processesOf(folder)).toEqual([]);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(folder);
    expect(JSON.parse((await script("down.mjs", [], env)).stdout).stopped).toEqual([]);
  } finally {
    await script("down.mjs", ["--purge"], env);
    await rm(folder, { recursive: true });
  }
});

test.each([
  ["an engine that there is not", ["--engines", "19.03"], /unknown engine "19.03"; known are .*28\.5-containerd/],
  ["a python that there is not", ["--pythons", "2.7"], /unknown python "2.7"/],
  ["an option that there is not", ["--frobnicate"], /--frobnicate/],
  ["a port that is none", ["--registry-port", "http"], /"http" is not a port/],
])("%s is wrong usage", async (_, args, message) => {
  const { exitCode, stderr } = await script("up.mjs", args, {});
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(message) });
});

test("a folder too deep for sockets is named as what is missing", async (context) => {
  await requireStack(context);
  const { exitCode, stderr } = await script("up.mjs", [], { IMAGESPEC_STACK_DIR: `/tmp/${"deep/".repeat(20)}` });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 3, stderr: expect.stringContaining("at most 60 bytes") });
});
