import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";
import { testBench } from "../src/testing/test-bench.ts";

const run = promisify(execFile);
const workspace = fileURLToPath(new URL("../../..", import.meta.url));
const script = fileURLToPath(new URL("build-once.mjs", import.meta.url));

beforeAll(async () => {
  // A process without a loader needs the built package. Holds: the field selects the package manager of the workspace.
  const { packageManager } = JSON.parse(await readFile(`${workspace}/package.json`, "utf8")) as {
    packageManager: string;
  };
  await run("npx", ["-y", packageManager, "exec", "turbo", "run", "build", "--filter=@imagespec/core"], {
    cwd: workspace,
  });
});

it("lets one of several processes build, and the others find what it built", async () => {
  await using bench = await testBench();
  const start = async (): Promise<{ action: string; digest: string; hasWaited: boolean }> => {
    const { stdout } = await run(process.execPath, [script, bench.cacheFolder, bench.registry, "2000"]);
    return JSON.parse(stdout);
  };
  const results = await Promise.all([start(), start(), start()]);
  expect(results.map(({ action }) => action).toSorted()).toEqual(["built", "exists", "exists"]);
  expect(results.filter(({ hasWaited }) => hasWaited).map(({ action }) => action)).toEqual(["exists", "exists"]);
  expect(new Set(results.map(({ digest }) => digest)).size).toBe(1);
  expect(await readdir(`${bench.cacheFolder}/locks`)).toEqual([]);
});
