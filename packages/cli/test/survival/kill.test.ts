import { setTimeout as sleep } from "node:timers/promises";
import { startRegistryServer } from "@imagespec/registry-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agePartialFiles, cacheProblems, partialFiles } from "./cache-problems.ts";
import { type Gate, openGate } from "./gate.ts";
import { buildCommand, phaseOf, runBuild, startBuild } from "./imagespec-process.ts";
import { type RegistryContent, registryContent } from "./registry-content.ts";
import { type SmallProject, smallProject } from "./small-project.ts";

/** Moments to kill at; the lane asks for more than the everyday tests. */
const moments = Number(process.env["IMAGESPEC_SURVIVAL_MOMENTS"] ?? 20);
const seed = Number(process.env["IMAGESPEC_SURVIVAL_SEED"] ?? Date.now() % 1_000_000);

let project: SmallProject;
let spec: string;
/** A build that nobody disturbs. */
let calm: { readonly digest: string; readonly requests: number; readonly ms: number; readonly content: RegistryContent };

beforeAll(async () => {
  await buildCommand();
  project = await smallProject();
  spec = await project.writeSpec("train");
  calm = await buildCalmly();
});
afterAll(() => project[Symbol.asyncDispose]());

async function buildCalmly(): Promise<typeof calm> {
  const root = project.newFolder();
  const before = project.index.requests.length + project.upstream.requests.length;
  await using server = await startRegistryServer({ root });
  await using gate = await openGate(server.address);
  const start = Date.now();
  const { digest, stderr } = await runBuild(project, { spec, cache: project.newFolder(), registry: gate.address });
  if (digest === undefined) throw new Error(`the calm build failed: ${stderr}`);
  const ms = Date.now() - start;
  const requests = project.index.requests.length + project.upstream.requests.length - before + gate.requests.length;
  await server.close();
  return { digest, requests, ms, content: await registryContent(root) };
}

interface Moment {
  /** Kill when this many requests were sent, of whatever kind; nothing: at a time alone. */
  readonly afterRequests: number | undefined;
  /** Milliseconds after that, or after the start. */
  readonly delayMs: number;
}

/** The same moments for the same seed (mulberry32). */
function momentsOf(count: number): readonly Moment[] {
  let state = seed;
  const random = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return Array.from({ length: count }, (_, position) => {
    // Two of three by request, spread over all of them, so that the short phases are met too.
    if (position % 3 === 2) return { afterRequests: undefined, delayMs: Math.round(random() * calm.ms) };
    const afterRequests = 1 + Math.floor(((position + random()) / count) * calm.requests);
    return { afterRequests, delayMs: Math.floor(random() * 6) };
  });
}

async function killAt({ afterRequests, delayMs }: Moment, cache: string, gate: Gate): Promise<string> {
  const gates = [project.index, project.upstream, gate];
  const running = startBuild(project, { spec, cache, registry: gate.address });
  const kill = (): void => void sleep(delayMs).then(() => running.child.kill("SIGKILL"));
  let count = 0;
  for (const each of gates) {
    each.watch = () => {
      count++;
      if (count === afterRequests) kill();
      return "pass";
    };
  }
  if (afterRequests === undefined) kill();
  const ending = await running.ended;
  for (const each of gates) each.watch = () => "pass";
  return ending.signal === null ? "over" : phaseOf(ending);
}

describe(`kill -9 of a build and push (seed ${seed})`, () => {
  test(`at ${moments} moments: the next run makes the same image and leaves nothing else`, async () => {
    const phases = new Map<string, number>();
    for (const moment of momentsOf(moments)) {
      const [cache, root] = [project.newFolder(), project.newFolder()];
      const server = await startRegistryServer({ root });
      const gate = await openGate(server.address);
      const phase = await killAt(moment, cache, gate);
      phases.set(phase, (phases.get(phase) ?? 0) + 1);
      const what = `killed in "${phase}": ${JSON.stringify(moment)}, seed ${seed}`;
      const again = await runBuild(project, { spec, cache, registry: gate.address });
      expect(again, what).toMatchObject({ exitCode: 0, digest: calm.digest });
      await gate[Symbol.asyncDispose]();
      await server.close();
      expect(await registryContent(root), what).toEqual(calm.content);
      expect(await cacheProblems(cache), what).toEqual([]);
      await agePartialFiles(cache);
      await runBuild(project, { spec, cache, args: ["--registry", "127.0.0.1:1", "--existence", "build"] });
      expect(await partialFiles(cache), what).toEqual([]);
    }
    console.log(`killed in ${[...phases].map(([phase, count]) => `${phase}: ${count}`).join(", ")} (seed ${seed})`);
  }, 60_000 + moments * 10_000);
});
