// A stack of the benchmark's own: it empties the daemons' caches, which nobody else's daemon may suffer from.
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);
const scripts = path.join(import.meta.dirname, "..", "scripts", "stack");
/** Short: the paths of sockets are below it. */
const stackFolder = path.join("/tmp", `is-bench-${process.getuid?.() ?? 0}`);
const environment = { ...process.env, IMAGESPEC_STACK_DIR: stackFolder, IMAGESPEC_STACK_PORT: "" };

export async function startBenchStack(engines) {
  const { stdout } = await exec(
    process.execPath,
    [path.join(scripts, "up.mjs"), "--engines", engines.join(","), "--pythons", "3.12"],
    { env: environment, maxBuffer: 1 << 24 },
  );
  const facts = JSON.parse(stdout);
  const { stdout: tree } = await exec(process.execPath, [path.join(scripts, "python-tree.mjs"), "3.12"], {
    env: environment,
  });
  // The newest client, with its buildx, speaks to all of them.
  const { docker } = facts.engines["28.5-containerd"];
  const clientEnvironment = (engine) => ({
    ...process.env,
    DOCKER_HOST: facts.engines[engine].dockerHost,
    DOCKER_CONFIG: facts.dockerConfig,
    DOCKER_BUILDKIT: "1",
  });
  return {
    registry: facts.registry,
    engines: facts.engines,
    python: path.join(JSON.parse(tree).folder, "bin", "python3.12"),
    /** Runs the docker client; rejects with the end of its output. */
    async docker(engine, args, options = {}) {
      await exec(docker, args, { env: clientEnvironment(engine), maxBuffer: 1 << 26, ...options });
    },
    /** Runs buildx without the client around it, and gives the peak of its memory in bytes. */
    buildxMemory: (engine, args, options) =>
      peakMemory(path.join(facts.dockerConfig, "cli-plugins", "docker-buildx"), args, {
        ...options,
        env: clientEnvironment(engine),
      }),
    /** Nothing of an earlier build is left: steps, cache mounts, images. */
    async forget(engine) {
      await this.docker(engine, ["builder", "prune", "--all", "--force"]);
      await this.docker(engine, ["image", "prune", "--all", "--force"]);
    },
    stop: () => exec(process.execPath, [path.join(scripts, "down.mjs"), "--purge"], { env: environment }),
  };
}

/** uv as an image in the registry, as its makers publish it, under a name that the engines ask their mirror for. */
export async function pushUvImage(stack, uv, folder) {
  await mkdir(folder, { recursive: true });
  await copyFile(uv, path.join(folder, "uv"));
  await chmod(path.join(folder, "uv"), 0o755);
  await writeFile(path.join(folder, "Dockerfile"), "FROM scratch\nCOPY uv /uv\n");
  const name = "astral/uv:bench";
  const tag = `${stack.registry}/${name}`;
  await stack.docker("28.5-containerd", ["buildx", "build", "--provenance=false", "--push", "--tag", tag, folder]);
  return name;
}

async function peakMemory(program, args, options) {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  let peak = 0;
  let errors = "";
  child.stderr.on("data", (text) => {
    errors = (errors + text).slice(-2000);
  });
  const timer = setInterval(() => {
    // Gone when it has ended.
    const status = readStatus(child.pid);
    peak = Math.max(peak, Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024);
  }, 20);
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`"${path.basename(program)}" ended with ${code}: ${errors}`);
  return peak;
}

function readStatus(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ESRCH") return "";
    throw error;
  }
}
