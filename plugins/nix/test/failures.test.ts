import { readdir, readFile } from "node:fs/promises";
import type { NixTools } from "@imagespec/test-support/nix";
import { afterAll, beforeAll, expect, test as withNix } from "vitest";
import { nix } from "../src/index.ts";
import { NixProcess } from "../src/process/nix-process.ts";
import { findNix } from "./find-nix.ts";
import { type NixBench, openNixBench } from "./nix-bench.ts";

const tools = await findNix();
let bench: NixBench;
beforeAll(async () => {
  if (tools === undefined) return;
  bench = await openNixBench(tools);
});
afterAll(() => bench?.[Symbol.asyncDispose]());
const test = withNix.skipIf(tools === undefined);

const timeout = 120_000;

test("a package that does not build is named, with the end of its log", { timeout }, async () => {
  await expect(bench.build({ packages: ["fails"] })).rejects.toMatchObject({
    code: "BUILD_STEP_FAILED",
    message: expect.stringContaining('"fails-1.0"'),
    logTail: expect.arrayContaining([expect.stringContaining("the reason is here")]),
  });
});

test("builds are in the sandbox: they see neither this machine's files nor its network", { timeout }, async () => {
  await bench.build({ packages: ["curious"] });
});

test("too much that would be built is refused before the first build", { timeout }, async () => {
  await using empty = await openNixBench(found(), { maxBuilds: 2 });
  const refused = empty.build({ packages: ["pyyaml"] });
  await expect(refused).rejects.toMatchObject({ code: "NIX_WOULD_BUILD", details: { builds: expect.any(Array) } });
  const paths = await readdir(`${empty.options.store}/nix/store`);
  expect(paths.filter((name) => /-pyyaml-6\.0$/.test(name))).toEqual([]);
});

test("a package set with another hash than its pin's is refused", { timeout }, async () => {
  const pin = { path: found().set, sha256: `sha256-${"A".repeat(43)}=` };
  await expect(bench.build({ packages: ["six"] }, { options: { pin } })).rejects.toMatchObject({
    code: "NIX_PIN_MISMATCH",
  });
});

test("a package set that is not there, or is none, is told", { timeout }, async () => {
  const sha256 = `sha256-${"A".repeat(43)}=`;
  const missing = bench.build({ packages: ["six"] }, { options: { pin: { path: "/nowhere/nixpkgs", sha256 } } });
  await expect(missing).rejects.toMatchObject({
    code: "NIX_EVAL_FAILED",
    message: expect.stringContaining("/nowhere/nixpkgs"),
  });
  const url = "http://127.0.0.1:1/nixpkgs.tar.gz";
  const down = bench.build({ packages: ["six"] }, { options: { pin: { url, sha256 } } });
  await expect(down).rejects.toMatchObject({ code: "NIX_EVAL_FAILED", message: expect.stringContaining(url) });
});

test("a newer Nix than this one is asked for by the pin", { timeout }, async () => {
  const tools = found();
  const pin = { path: tools.set, sha256: tools.sha256, minNix: "99.0" };
  const builder = nix({ ...bench.options, pin });
  // It asks for nothing of the context.
  expect(await builder.isAvailable?.({} as never)).toMatchObject({
    available: false,
    reason: expect.stringContaining("99.0"),
  });
});

test("Nix that is not installed is told with what to do", { timeout }, async () => {
  const builder = nix({ nix: "/nowhere/bin" });
  expect(await builder.isAvailable?.({} as never)).toMatchObject({
    available: false,
    reason: expect.stringContaining("/nowhere/bin/nix-instantiate"),
    hint: expect.stringContaining("install"),
  });
});

test("a package that takes too long is ended", { timeout }, async () => {
  const slow = bench.build({ packages: ["slow"] }, { options: { timeoutSeconds: 1 } });
  await expect(slow).rejects.toMatchObject({ code: "BUILD_TIMEOUT" });
});

test("an abort ends the builder of a package too", { timeout }, async () => {
  const controller = new AbortController();
  const aborted = bench.build(
    { packages: ["slow"] },
    {
      build: {
        signal: controller.signal,
      },
    },
  );
  const waiting = (async () => {
    while ((await slowProcesses()) === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort();
  })();
  await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
  await waiting;
  const ended = async () => {
    while ((await slowProcesses()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await ended();
});

/** Processes of the package `slow` of this bench: they have its output path in their environment, or sleep for it. */
async function slowProcesses(): Promise<number> {
  let count = 0;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (/(?:^|\0)pname=slow\0|-slow-1\.0/.test(environment)) count++;
  }
  return count;
}

test("programs of Nix get a configuration of ours, and no more of the environment than they need", {
  timeout,
}, async () => {
  const process = new NixProcess(bench.options);
  const { stdout } = await process.run("nix-instantiate", [
    ...[
      "--eval",
      "--strict",
      "--json",
      "-E",
      '[ (builtins.getEnv "NIX_PATH") (builtins.getEnv "AWS_SECRET") (builtins.getEnv "npm_config_x") ]',
    ],
  ]);
  expect(JSON.parse(stdout)).toEqual(["", "", ""]);
});

function found(): NixTools {
  if (tools === undefined) throw new Error("these tests are skipped without Nix");
  return tools;
}
