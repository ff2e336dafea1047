import { startRegistryServer } from "@imagespec/registry-server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cacheProblems, temporaryFiles } from "./cache-problems.ts";
import { type CalmBuild, calmBuild } from "./calm-build.ts";
import { buildCommand, runBuild } from "./imagespec-process.ts";
import { registryContent } from "./registry-content.ts";
import { type SmallProject, smallProject } from "./small-project.ts";

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

/** Starts to count how often each wheel, and each layer of the base, is asked for. */
function countDownloads(): () => { readonly wheels: readonly number[]; readonly baseLayers: readonly number[] } {
  const starts = { index: project.index.requests.length, upstream: project.upstream.requests.length };
  const countsOf = (lines: readonly string[]): readonly number[] => {
    const counts = new Map<string, number>();
    for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
    return [...counts.values()].sort((a, b) => a - b);
  };
  return () => {
    const blobs = project.upstream.requests.slice(starts.upstream).filter((line) => line.includes("/blobs/"));
    // The config is small, and read by everybody who wants to know the platform.
    return { wheels: countsOf(project.index.requests.slice(starts.index)), baseLayers: countsOf(blobs).slice(0, 2) };
  };
}

const once = { wheels: [1, 1, 1, 1], baseLayers: [1, 1] };

describe.each([2, 8])("%i processes on one cold cache", (count) => {
  test("that build the same spec: one builds, all give the same image, each wheel is downloaded once", async () => {
    const [cache, root] = [project.newFolder(), project.newFolder()];
    const server = await startRegistryServer({ root });
    const counts = countDownloads();
    const endings = await Promise.all(
      Array.from({ length: count }, () => runBuild(project, { spec, cache, registry: server.address })),
    );
    for (const ending of endings) expect(ending).toMatchObject({ exitCode: 0, digest: calm.digest });
    expect(endings.filter(({ action }) => action === "built")).toHaveLength(1);
    expect(counts()).toEqual(once);
    await server.close();
    expect(await registryContent(root)).toEqual(calm.content);
    expect([...(await cacheProblems(cache)), ...(await temporaryFiles(cache))]).toEqual([]);
  });

  test("that build different specs: the same images as one by one, each wheel is downloaded once", async () => {
    const [cache, alone] = [project.newFolder(), project.newFolder()];
    const specs = await Promise.all(
      Array.from({ length: count }, (_, position) =>
        project.writeSpec(`variant-${position}`, `env: {N: "${position}"}`),
      ),
    );
    await using server = await startRegistryServer();
    const counts = countDownloads();
    const endings = await Promise.all(
      specs.map((file) => runBuild(project, { spec: file, cache, registry: server.address })),
    );
    expect(counts()).toEqual(once);
    await using other = await startRegistryServer();
    for (const [position, ending] of endings.entries()) {
      const file = specs[position] ?? "";
      const expected = await runBuild(project, { spec: file, cache: alone, registry: other.address });
      expect(ending).toMatchObject({ exitCode: 0, action: "built", digest: expected.digest });
    }
    expect([...(await cacheProblems(cache)), ...(await temporaryFiles(cache))]).toEqual([]);
  });
});

test("processes that build into the local store at once keep all names", async () => {
  const cache = project.newFolder();
  const specs = await Promise.all(
    ["a", "b", "c", "d"].map((name) => project.writeSpec(`local-${name}`, `env: {NAME: ${name}}`)),
  );
  const endings = await Promise.all(specs.map((file) => runBuild(project, { spec: file, cache })));
  for (const ending of endings) expect(ending).toMatchObject({ exitCode: 0, action: "built" });
  for (const [position, ending] of endings.entries()) {
    const again = await runBuild(project, { spec: specs[position] ?? "", cache });
    expect(again).toMatchObject({ exitCode: 0, action: "exists", digest: ending.digest });
  }
  expect([...(await cacheProblems(cache)), ...(await temporaryFiles(cache))]).toEqual([]);
});
