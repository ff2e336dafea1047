// One image spec, built from flytekit itself: by `builder="imagespec"` and by flytekit's own builder, which runs `docker build`.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { pythonEnvironment, uvProgram } from "../scripts/release/python-environment.mjs";
import { makeWheel } from "../scripts/release/python-wheel.mjs";
import { collect, report, wantedCases } from "./_compare.mjs";

const exec = promisify(execFile);
const root = path.join(import.meta.dirname, "..");
const engine = "28.5";
/** Short: the paths of sockets are below it. */
const stackFolder = path.join("/tmp", `is-bench-fk-${process.getuid?.() ?? 0}`);
const stackVariables = { ...process.env, IMAGESPEC_STACK_DIR: stackFolder, IMAGESPEC_STACK_PORT: "" };
const packages = ["httpx"];
/** Added one at a time; none of them needs another package. */
const additions = ["tenacity", "humanize", "tabulate", "xxhash", "inflection"];

const folder = await mkdtemp(path.join(tmpdir(), "imagespec-bench-"));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => cleanUp().finally(() => process.exit(1)));
try {
  const stack = await startStack();
  const python = await preparePython();
  const docker = await prepareDocker(stack);
  await pushStandIns(stack, docker);
  report("flytekit", await measure(stack, python, docker));
} finally {
  await cleanUp();
}

async function cleanUp() {
  await exec(process.execPath, [path.join(root, "scripts/stack/down.mjs"), "--purge"], { env: stackVariables });
  await rm(folder, { recursive: true, force: true });
}

async function startStack() {
  // With buildkitd comes the Dockerfile frontend that flytekit's Dockerfiles ask for.
  const args = [path.join(root, "scripts/stack/up.mjs"), "--engines", engine, "--pythons", "3.12", "--buildkitd"];
  const { stdout } = await exec(process.execPath, args, { env: stackVariables, maxBuffer: 1 << 24 });
  return JSON.parse(stdout);
}

/** A Python with flytekit, and the wheel as pip would install it. */
async function preparePython() {
  const requirements = path.join(root, "integrations/flytekit/requirements/1.16.txt");
  const { folder: environment, variables } = await pythonEnvironment("flytekit-1.16", requirements);
  const program = path.join(environment, "bin", "python");
  const site = path.join(folder, "site");
  await exec(program, ["-m", "zipfile", "-e", await makeWheel(path.join(folder, "wheel")), site]);
  return { program, env: { ...process.env, ...variables, PYTHONPATH: site } };
}

/** The engine's own client, as `docker`. */
async function prepareDocker(stack) {
  const bin = path.join(folder, "bin");
  await mkdir(bin);
  await symlink(stack.engines[engine].docker, path.join(bin, "docker"));
  const env = {
    ...process.env,
    PATH: `${bin}${path.delimiter}${process.env.PATH}`,
    DOCKER_HOST: stack.engines[engine].dockerHost,
    DOCKER_CONFIG: stack.dockerConfig,
  };
  return { env, run: (args) => exec("docker", args, { env, maxBuffer: 1 << 26 }) };
}

/** What flytekit's Dockerfile takes from public registries, from the stack's instead. */
async function pushStandIns(stack, docker) {
  const hub = `${stack.registry}/`;
  const from = `docker://${hub}docker/dockerfile:1`;
  await exec(stack.skopeo, [
    ...["--registries-conf", stack.registriesConfig, "copy", "--quiet", from, `docker://${hub}docker/dockerfile:1.5`],
  ]);
  await push("uv", "FROM scratch\nCOPY uv /uv\n", (context) =>
    uvProgram().then((uv) => cp(uv, path.join(context, "uv"))),
  );
  // Only its certificates are used, since the spec names the Python of its base.
  const certificates = await readFile("/etc/ssl/certs/ca-certificates.crt");
  const file = "ca-certificates.crt";
  await push("micromamba", `FROM scratch\nCOPY ${file} /etc/ssl/certs/${file}\n`, (context) =>
    writeFile(path.join(context, file), certificates),
  );

  async function push(name, dockerfile, fill) {
    const context = path.join(folder, name);
    await mkdir(context);
    await writeFile(path.join(context, "Dockerfile"), dockerfile);
    await fill(context);
    await docker.run(["build", "--provenance=false", "--push", "--tag", `${hub}bench/${name}:1`, context]);
  }
}

async function measure(stack, python, docker) {
  let fresh = 0;
  const forget = async () => {
    fresh++;
    await docker.run(["builder", "prune", "--all", "--force"]);
    await docker.run(["image", "prune", "--all", "--force"]);
  };
  const common = { registry: stack.registry, base_image: "python:3.12-slim", python_version: "3.12" };
  const build = async (spec, env) => {
    const program = path.join(import.meta.dirname, "_flytekit-build.py");
    const { stdout } = await exec(python.program, [program, JSON.stringify({ ...common, ...spec })], {
      env: { ...env, ...python.env, PATH: env.PATH },
      maxBuffer: 1 << 26,
    });
    return JSON.parse(stdout.trimEnd().split("\n").at(-1)).ms;
  };
  const ours = (more = []) =>
    build(
      { builder: "imagespec", name: `bench/ours-${fresh}`, packages: [...packages, ...more] },
      {
        ...process.env,
        IMAGESPEC_BUILD_ARGS: `--mirror docker.io=http://${stack.registry} --cache-dir ${folder}/cache-${fresh}`,
      },
    );
  const images = { uv_image: "bench/uv:1", micromamba_image: "bench/micromamba:1" };
  const peer = (more = []) =>
    build(
      {
        builder: "default",
        name: `bench/peer-${fresh}`,
        packages: [...packages, ...more],
        python_exec: "/usr/local/bin/python3.12",
        builder_config: images,
        env: { UV_SYSTEM_CERTS: "1" },
      },
      docker.env,
    );
  const cases = [
    {
      case: "cold",
      runs: 1,
      before: () => {},
      ours: async () => {
        await forget();
        return ours();
      },
      peer: () => peer(),
    },
    {
      case: "nothing-changed",
      runs: 5,
      before: () => Promise.all([ours(), peer()]),
      ours: () => ours(),
      peer: () => peer(),
    },
    {
      case: "one-package-added",
      runs: 2,
      before: () => Promise.all([ours(), peer()]),
      ours: (run) => ours([additions[run]]),
      peer: (run) => peer([additions[run]]),
    },
  ];
  const results = [];
  for (const entry of cases) {
    if (!(wantedCases()?.has(entry.case) ?? true)) continue;
    await entry.before();
    results.push(...(await collect({ ...entry, unit: "ms", onRun: (text) => console.error(text) })));
  }
  return results;
}
