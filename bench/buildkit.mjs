// Builds of a project with 60 packages: our engine with the BuildKit builder beside `docker buildx build --push` of a good uv
// Dockerfile. Same daemon, same base, same locked versions from the same index, pushed to the same registry.
import { execFile, execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { buildOnce, hasBuilder } from "./_buildkit-ours.mjs";
import { additions, peerDockerfile, writeProject } from "./_buildkit-project.mjs";
import { pushUvImage, startBenchStack } from "./_buildkit-stack.mjs";
import { collect, report, wantedCases } from "./_compare.mjs";
import { startCountingProxy } from "./_counting-proxy.mjs";

const exec = promisify(execFile);
const uv = process.env.IMAGESPEC_UV ?? execFileSync("sh", ["-c", "command -v uv"], { encoding: "utf8" }).trim();
/** The one with limits, and one that has no `COPY --link`, reported beside it. */
const judged = "28.5-containerd";
const beside = "20.10";
const engines = process.argv.includes("--judged-only") ? [judged] : [judged, beside];
const runsOf = {
  [judged]: { cold: 3, "nothing-changed": 9, "one-source-line": 7, "one-package-added": 5 },
  [beside]: { cold: 1, "nothing-changed": 5, "one-source-line": 3, "one-package-added": 2 },
};
const limits = {
  cold: { ms: 1.25 },
  "nothing-changed": { ms: 0.35 },
  "one-source-line": { ms: 0.75 },
  "one-package-added": { ms: 0.05, bytes: 0.02 },
};

const folder = await mkdtemp(path.join(tmpdir(), "imagespec-bench-"));
const stack = await startBenchStack(engines);
const proxy = await startCountingProxy(stack.registry);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => cleanUp().finally(() => process.exit(1)));
try {
  const project = await writeProject(folder, { uv, python: stack.python });
  console.error(
    `${project.packages} packages; ours ${hasBuilder ? "and the peer" : "is not built yet: the peer alone"}`,
  );
  const uvImage = await pushUvImage(stack, uv, path.join(folder, "uv-image"));
  const results = [];
  for (const engine of engines) {
    const sides = { ours: oursOn(engine, project), peer: await peerOn(engine, project, uvImage) };
    results.push(...(await measure(engine, project, sides)));
  }
  if (wantedCases()?.has("memory") ?? true) results.push(await memory(judged));
  report("buildkit", results);
} finally {
  await cleanUp();
}

async function cleanUp() {
  proxy.close();
  await stack.stop();
  await rm(folder, { recursive: true, force: true });
}

/** `build({ cold })` builds and pushes what the project holds; `cold` goes to a repository that has nothing, with empty caches. */
function oursOn(engine, project) {
  if (!hasBuilder) return undefined;
  const base = path.join(folder, `ours-${engine}`);
  let fresh = 0;
  let cacheFolder = `${base}-0`;
  return async ({ cold }) => {
    if (cold) {
      await stack.forget(engine);
      fresh++;
      cacheFolder = `${base}-${fresh}`;
      proxy.take();
    }
    const name = `bench/ours-${stack.engines[engine].store}-${fresh}`;
    return buildOnce({ ...common(engine), project: project.folder, name, cacheFolder });
  };
}

function common(engine) {
  return { host: stack.engines[engine].dockerHost, registry: proxy.address, mirror: stack.registry, uv };
}

async function peerOn(engine, project, uvImage) {
  const file = path.join(folder, `Dockerfile-${engine}`);
  await writeFile(file, peerDockerfile({ uvImage, link: engine !== beside }));
  let fresh = 0;
  return async ({ cold }) => {
    if (cold) {
      await stack.forget(engine);
      fresh++;
      proxy.take();
    }
    const tag = `${proxy.address}/bench/peer-${stack.engines[engine].store}-${fresh}:latest`;
    const start = performance.now();
    // Without the attestation, which ours does not make either.
    const args = ["buildx", "build", "--provenance=false", "--push", "--tag", tag, "--file", file, project.folder];
    await stack.docker(engine, args);
    return performance.now() - start;
  };
}

async function measure(engine, project, sides) {
  const measured =
    (side, prepare, options = {}) =>
    async (run) => {
      await prepare?.(run, side);
      proxy.take();
      const ms = await sides[side](options);
      return { ms, bytes: proxy.take() };
    };
  /** Warm-up of every case that follows: what the project holds now has been built by both. */
  const settle = async () => {
    for (const side of Object.values(sides)) await side?.({});
  };
  const cases = [
    { case: "cold", options: { cold: true } },
    { case: "nothing-changed", before: settle },
    {
      case: "one-source-line",
      before: settle,
      prepare: (run, side) => project.editSource(`${engine} ${run} ${side}`),
    },
    { case: "one-package-added", before: settle, prepare: (run) => project.addPackage(additions[run]) },
  ];
  const results = [];
  // What an earlier benchmark left would count as built.
  await stack.forget(engine);
  for (const { case: name, before, prepare, options } of cases) {
    if (!(wantedCases()?.has(name) ?? true)) continue;
    await before?.();
    const rows = await collect({
      case: engine === judged ? name : `${engine}:${name}`,
      runs: runsOf[engine][name],
      ours: sides.ours && measured("ours", prepare, options),
      peer: measured("peer", prepare, options),
      onRun: (text) => console.error(text),
      atMost: engine === judged ? limits[name] : undefined,
    });
    results.push(...rows);
    await project.addPackage(undefined);
  }
  return results;
}

/** The peak of the process that sends two gigabytes of source, and of buildx. */
async function memory(engine) {
  const project = path.join(folder, "large");
  await mkdir(path.join(project, "src"), { recursive: true });
  for (let file = 0; file < 64; file++) await writeLarge(path.join(project, "src", `part-${file}.csv`), file);
  await writeFile(path.join(project, "Dockerfile"), "FROM python:3.12-slim\nCOPY src /app/src\n");
  let ours;
  if (hasBuilder) {
    const build = {
      ...common(engine),
      project,
      name: "bench/large",
      cacheFolder: path.join(folder, "large-cache"),
      requirements: null,
    };
    const script = path.join(import.meta.dirname, "_buildkit-once.mjs");
    const { stdout } = await exec(process.execPath, [script, JSON.stringify(build)], { maxBuffer: 1 << 26 });
    ours = JSON.parse(stdout).peak / 1e6;
  }
  await stack.forget(engine);
  const tag = `${proxy.address}/bench/large-peer:latest`;
  const args = ["build", "--provenance=false", "--push", "--tag", tag, project];
  const peer = (await stack.buildxMemory(engine, args)) / 1e6;
  await rm(project, { recursive: true });
  return { case: "memory-2GB-context", ours, peer, unit: "MB", limit: 200, ok: ours === undefined || ours < 200 };
}

/** 32 MiB of text that no other file has. */
async function writeLarge(file, seed) {
  const stream = createWriteStream(file);
  for (let block = 0; block < 32; block++) {
    const line = `${seed},${block},0.123456789,some text that repeats\n`;
    if (!stream.write(line.repeat(Math.ceil((1 << 20) / line.length)))) {
      await new Promise((resolve) => stream.once("drain", resolve));
    }
  }
  await new Promise((resolve) => stream.end(resolve));
}
