import { setTimeout as sleep } from "node:timers/promises";
import { startRegistryServer } from "@imagespec/registry-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ageTemporaryFiles, cacheProblems, temporaryFiles, tidy } from "./cache-problems.ts";
import { type CalmBuild, calmBuild } from "./calm-build.ts";
import { type Gate, openGate } from "./gate.ts";
import { buildCommand, phaseOf, runBuild, startBuild } from "./imagespec-process.ts";
import { type Moment, randomMoments } from "./random-moments.ts";
import { registryContent } from "./registry-content.ts";
import { startRegistryProcess } from "./registry-process.ts";
import { type SmallProject, smallProject } from "./small-project.ts";

/** Moments to kill at; the lane asks for more than the everyday tests. */
const moments = Number(process.env["IMAGESPEC_SURVIVAL_MOMENTS"] ?? 20);
const seed = Number(process.env["IMAGESPEC_SURVIVAL_SEED"] ?? Date.now() % 1_000_000);

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

describe(`kill -9 of a build and push (seed ${seed})`, () => {
  const phases = new Map<string, number>();
  afterAll(() => {
    console.log(`killed in ${[...phases].map(([phase, count]) => `${phase}: ${count}`).join(", ")} (seed ${seed})`);
  });

  test.each(randomMoments(moments, seed))("moment $number: the next run makes the same image", async (moment) => {
    const [cache, root] = [project.newFolder(), project.newFolder()];
    const server = await startRegistryServer({ root });
    const gate = await openGate(server.address);
    const phase = await killAt(moment, cache, gate);
    phases.set(phase, (phases.get(phase) ?? 0) + 1);
    const what = `killed in "${phase}", seed ${seed}`;
    const again = await runBuild(project, { spec, cache, registry: gate.address });
    expect(again, what).toMatchObject({ exitCode: 0, digest: calm.digest });
    await gate[Symbol.asyncDispose]();
    await server.close();
    expect(await registryContent(root), what).toEqual(calm.content);
    expect(await cacheProblems(cache), what).toEqual([]);
    await ageTemporaryFiles(cache);
    await tidy(cache);
    expect(await temporaryFiles(cache), what).toEqual([]);
  });
});

async function killAt(moment: Moment, cache: string, gate: Gate): Promise<string> {
  const gates = [project.index, project.upstream, gate];
  const running = startBuild(project, { spec, cache, registry: gate.address });
  const kill = (delayMs: number): void => void sleep(delayMs).then(() => running.child.kill("SIGKILL"));
  const last = moment.request === undefined ? 0 : 1 + Math.floor(moment.request * calm.requests);
  let count = 0;
  for (const each of gates) {
    each.watch = () => {
      count++;
      if (count === last) kill(moment.time * 6);
      return "pass";
    };
  }
  if (last === 0) kill(moment.time * calm.ms);
  const ending = await running.ended;
  for (const each of gates) each.watch = () => "pass";
  return ending.signal === null ? "over" : phaseOf(ending);
}

describe("kill -9 of the registry in the middle of a push", () => {
  const cases = randomMoments(Math.ceil(moments / 5), seed).map((moment) => ({
    ...moment,
    // At once, or after one or two further attempts.
    downMs: moment.number % 3 === 0 ? 0 : moment.time * 1500,
  }));

  test.each(cases)("restarted, moment $number: the build goes on or says so, the next one succeeds", async (moment) => {
    const [cache, root] = [project.newFolder(), project.newFolder()];
    const killAfter = 1 + Math.floor((moment.request ?? moment.time) * calm.targetRequests);
    const first = await startRegistryProcess(root, { killAfter, delayMs: moment.time * 5 });
    const building = runBuild(project, { spec, cache, registry: first.address });
    await first.ended;
    await sleep(moment.downMs);
    await using second = await startRegistryProcess(root, { port: first.port });
    const ending = await building;
    const what = `killed after request ${killAfter}, seed ${seed}`;
    if (ending.exitCode === 0) expect(ending.digest, what).toBe(calm.digest);
    else {
      expect(ending, what).toMatchObject({ exitCode: 4 });
      // Where it was asked whether the image exists, the answer is that nobody knows, because the registry is down.
      const { code, details } = ending.error ?? {};
      expect(code === "EXISTENCE_UNKNOWN" ? details?.["code"] : code, what).toBe("REGISTRY_DOWN");
    }
    const again = await runBuild(project, { spec, cache, registry: second.address });
    expect(again, what).toMatchObject({ exitCode: 0, digest: calm.digest });
    await second.kill();
    expect(await registryContent(root), what).toEqual(calm.content);
    expect(await cacheProblems(cache), what).toEqual([]);
  });

  test("not restarted: the build says that the registry is down, the tag is not there, the next build succeeds", async () => {
    const [cache, root] = [project.newFolder(), project.newFolder()];
    const first = await startRegistryProcess(root, { killAfter: calm.targetRequests - 8 });
    const ending = await runBuild(project, { spec, cache, registry: first.address });
    expect(ending).toMatchObject({ exitCode: 4, error: { code: "REGISTRY_DOWN" } });
    expect(ending.error?.message).toContain(first.address);
    expect((await registryContent(root)).tags).toEqual({});
    await using second = await startRegistryProcess(root, { port: first.port });
    const again = await runBuild(project, { spec, cache, registry: second.address });
    expect(again).toMatchObject({ exitCode: 0, digest: calm.digest });
  });
});
