import { readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { startRegistryServer } from "@imagespec/registry-server";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { cacheProblems, temporaryFiles } from "./cache-problems.ts";
import { type CalmBuild, calmBuild } from "./calm-build.ts";
import { type Gate, openGate } from "./gate.ts";
import { buildCommand, phaseOf, type Running, runBuild, startBuild } from "./imagespec-process.ts";
import { randomMoments } from "./random-moments.ts";
import { type SmallProject, smallProject, writeUv } from "./small-project.ts";

const moments = Math.ceil(Number(process.env["IMAGESPEC_SURVIVAL_MOMENTS"] ?? 20) / 5);
const seed = Number(process.env["IMAGESPEC_SURVIVAL_SEED"] ?? Date.now() % 1_000_000);
/** Milliseconds from the signal to the end of the process: some tens on an idle machine, and this on any. */
const promptly = 10_000;

let project: SmallProject;
let spec: string;
let calm: CalmBuild;

beforeAll(async () => {
  await buildCommand();
  project = await smallProject();
  spec = await project.writeSpec("train");
  calm = await calmBuild(project, spec);
});
afterAll(() => project?.[Symbol.asyncDispose]());
afterEach(() => {
  for (const gate of [project.index, project.upstream]) gate.watch = () => "pass";
});

async function interrupt(
  running: Running,
): Promise<{ readonly ending: Awaited<Running["ended"]>; readonly ms: number }> {
  const start = Date.now();
  running.child.kill("SIGINT");
  const ending = await running.ended;
  return { ending, ms: Date.now() - start };
}

/** The build ended at once by the signal, and what it leaves in the cache is good for the next one. */
async function expectAborted({ ending, ms }: Awaited<ReturnType<typeof interrupt>>, cache: string): Promise<void> {
  expect(ending).toMatchObject({ exitCode: 130, signal: null, stderr: "", error: { code: "ABORTED" } });
  expect(ms).toBeLessThan(promptly);
  expect(await cacheProblems(cache)).toEqual([]);
  expect(await temporaryFiles(cache)).toEqual([]);
}

type Where = "target" | "index" | "upstream";

describe("Ctrl-C while a server does not answer", () => {
  test.each<[phase: string, where: Where, request: RegExp]>([
    ["the question whether the image exists", "target", /^HEAD .*\/manifests\//],
    ["the check of the output", "target", /^POST .*\/uploads\//],
    ["the manifest of the base", "upstream", /^GET .*\/manifests\//],
    ["a layer of the base", "upstream", /^GET .*\/blobs\//],
    ["the download of a wheel", "index", /delta/],
    ["the upload of a blob", "target", /^PUT .*\/uploads\//],
    ["the manifest", "target", /^PUT .*\/manifests\/sha256:/],
    ["the tag", "target", /^PUT .*\/manifests\/u1-/],
  ])("in %s", async (_, where, request) => {
    const [cache, root] = [project.newFolder(), project.newFolder()];
    await using server = await startRegistryServer({ root });
    await using target = await openGate(server.address);
    const gates: Readonly<Record<Where, Gate>> = { target, index: project.index, upstream: project.upstream };
    const isHeld = new Promise<void>((resolve) => {
      gates[where].watch = (line) => {
        if (!request.test(line)) return "pass";
        resolve();
        return "hold";
      };
    });
    const running = startBuild(project, { spec, cache, registry: target.address });
    await Promise.race([isHeld, running.ended]);
    await sleep(20);
    await expectAborted(await interrupt(running), cache);
    for (const gate of Object.values(gates)) gate.watch = () => "pass";
    const again = await runBuild(project, { spec, cache, registry: target.address });
    expect(again).toMatchObject({ exitCode: 0, digest: calm.digest });
  });

  test("while uv resolves: uv ends too", async () => {
    const cache = project.newFolder();
    const note = project.newFolder();
    const uv = project.newFolder();
    await writeUv(uv, `echo $$ > '${note}.new'; mv '${note}.new' '${note}'; exec sleep 600`);
    const running = startBuild({ ...project, uv }, { spec, cache });
    const pid = Number(await waitForFile(note));
    expect(isAlive(pid)).toBe(true);
    await expectAborted(await interrupt(running), cache);
    expect(isAlive(pid)).toBe(false);
    await rm(note);
  });
});

describe(`Ctrl-C at any moment (seed ${seed})`, () => {
  test.each(randomMoments(moments, seed))("moment $number", async ({ time, number }) => {
    const [cache, root] = [project.newFolder(), project.newFolder()];
    await using server = await startRegistryServer({ root });
    const running = startBuild(project, { spec, cache, registry: server.address });
    // Spread over the build; a process that has not begun to listen ends by the signal itself.
    await sleep(250 + ((number - 1 + time) / moments) * Math.max(0, calm.ms - 250));
    const { ending, ms } = await interrupt(running);
    expect(ms).toBeLessThan(promptly);
    if (ending.exitCode !== 0) expect([130, null], phaseOf(ending)).toContain(ending.exitCode);
    expect(await cacheProblems(cache)).toEqual([]);
    expect(await temporaryFiles(cache)).toEqual([]);
    const again = await runBuild(project, { spec, cache, registry: server.address });
    expect(again).toMatchObject({ exitCode: 0, digest: calm.digest });
  });
});

async function waitForFile(path: string): Promise<string> {
  for (;;) {
    try {
      return await readFile(path, "utf8");
    } catch {
      await sleep(20);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
