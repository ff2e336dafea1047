// Builds of a closure of 600 MB and more by the Nix builder, beside writing it as a whole each time and pushing it with skopeo.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { collect, report, wantedCases } from "./_compare.mjs";
import { command, pushWhole } from "./_nix-peer.mjs";
import { layOutBigSet } from "./_nix-set.mjs";

const root = path.join(import.meta.dirname, "..");
const say = (text) => process.stderr.write(`${text}\n`);
const folder = mkdtempSync(path.join(realpathSync(tmpdir()), "imagespec-bench-nix-"));
const store = path.join(folder, "store");
const source = path.join(folder, "project", "src");
const settings = { store, substituters: "", sandbox: "true", "sandbox-fallback": "false", "build-users-group": "" };
const nixConfig = Object.entries(settings)
  .map(([name, value]) => `${name} = ${value}`)
  .join("\n");

const { set: testSet } = JSON.parse(command([process.execPath, path.join(root, "scripts", "stack", "nix.mjs")]));
const registry = await startRegistry();
try {
  mkdirSync(source, { recursive: true });
  const setFolder = path.join(folder, "set");
  mkdirSync(setFolder);
  const set = layOutBigSet(testSet, setFolder);
  say(`package set of ${Math.round(set.bytes / 1e6)} MB in ${set.modules.length} modules`);
  await run(set);
} finally {
  registry.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function run(set) {
  const { ImageBuildEngine, ImageSpec } = await import(path.join(root, "packages/core/dist/index.js"));
  const { nix } = await import(path.join(root, "plugins/nix/dist/index.js"));
  let edits = 0;
  const edit = () => writeFileSync(path.join(source, "main.py"), `print(${edits++})\n`);
  edit();

  const buildOurs = async ({ cacheFolder, variable, force = false }) => {
    mkdirSync(cacheFolder, { recursive: true });
    const start = performance.now();
    const spec = new ImageSpec({
      name: "bench/ours",
      builder: "nix",
      baseImage: "scratch",
      pythonVersion: "3.11",
      packages: set.modules,
      sourceRoot: "src",
      env: { RUN: variable },
    });
    const engine = new ImageBuildEngine({
      builders: [nix({ store, substituters: [], pin: { path: set.path, sha256: set.sha256 }, maxBuilds: 100 })],
      cacheFolder,
      registryOptions: { insecure: [registry.address] },
    });
    try {
      const { timings, bytes } = await engine.build(spec, {
        registry: registry.address,
        root: path.dirname(source),
        force,
      });
      const ms = performance.now() - start;
      if (process.env.IMAGESPEC_BENCH_DETAILS) say(JSON.stringify({ ms, timings, bytes }));
      return ms;
    } finally {
      await engine.close();
    }
  };
  const home = path.join(folder, "home");
  mkdirSync(home);
  const reference = `${registry.address}/bench/peer:latest`;
  const buildPeer = (variable, memory = home) =>
    pushWhole({
      folder,
      store,
      set,
      modules: set.modules,
      source,
      reference,
      home: memory,
      nixConfig,
      variable,
    });

  const kept = path.join(folder, "cache");
  say(`first build of ours: ${Math.round(await buildOurs({ cacheFolder: kept, variable: "0" }))} ms`);
  say(`first build of the peer: ${Math.round(await buildPeer("0"))} ms`);

  let fresh = 0;
  const cases = [
    {
      case: "same-again",
      atMost: { ms: 0.05 },
      ours: () => buildOurs({ cacheFolder: kept, variable: "0", force: true }),
      peer: () => buildPeer("0"),
    },
    {
      case: "one-source-line",
      atMost: { ms: 0.1 },
      ours: () => {
        edit();
        return buildOurs({ cacheFolder: kept, variable: "0" });
      },
      peer: () => {
        edit();
        return buildPeer("0");
      },
    },
    {
      case: "fresh-machine",
      atMost: { ms: 0.1 },
      ours: () => {
        fresh++;
        return buildOurs({ cacheFolder: path.join(folder, `fresh-${fresh}`), variable: `fresh-${fresh}` });
      },
      peer: () => {
        const memory = path.join(folder, `home-${fresh}`);
        mkdirSync(memory, { recursive: true });
        return buildPeer(`fresh-${fresh}`, memory);
      },
    },
  ];
  const wanted = wantedCases();
  const results = [];
  for (const entry of cases) {
    if (wanted !== undefined && !wanted.has(entry.case)) continue;
    results.push(
      ...(await collect({ unit: "ms", runs: Number(process.env.IMAGESPEC_BENCH_RUNS ?? 3), onRun: say, ...entry })),
    );
  }
  report("nix", results);
  if (results.some(({ ok }) => ok === false)) process.exitCode = 1;
}

/** Debian's docker-registry, as a process of its own. */
async function startRegistry() {
  const port = await freePort();
  const file = path.join(folder, "registry.yml");
  const data = path.join(folder, "registry");
  writeFileSync(
    file,
    `version: 0.1\nlog: { level: error }\nstorage: { filesystem: { rootdirectory: ${data} } }\nhttp: { addr: "127.0.0.1:${port}" }\n`,
  );
  const child = spawn("docker-registry", ["serve", file], { stdio: "ignore" });
  const address = `127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    try {
      if ((await fetch(`http://${address}/v2/`)).ok) return { address, stop: () => child.kill() };
    } catch (error) {
      if (attempt > 100 || child.exitCode !== null) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
