// `node scripts/release/python-environment.mjs NAME FILE`: a Python 3.12 with what a requirements file says, made once and kept in the
// stack's cache. Prints { folder, variables } as JSON. Python is the stack's; uv and everything else comes from the package index.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { root, run, say } from "../run.mjs";

const uvVersion = "0.13.9";
const quiet = { PIP_DISABLE_PIP_VERSION_CHECK: "1", PYTHONDONTWRITEBYTECODE: "1", UV_PYTHON_DOWNLOADS: "never" };

/** @returns the folder of the environment, with `bin/python`, and the variables that its programs need */
export async function pythonEnvironment(name, requirementsFile) {
  const python = await stackPython();
  const uv = await uvProgram(python);
  const text = await readFile(requirementsFile, "utf8");
  const environment = path.join(python.cache, `${name}-${hashOf(`${python.version}\n${text}`)}`);
  const folder = await made(environment, async (partial) => {
    say(`installing ${path.relative(root, requirementsFile)}`);
    await run(uv, ["venv", "--quiet", "--relocatable", "--python", python.program, partial], options());
    const into = ["--python", path.join(partial, "bin", "python")];
    await run(
      uv,
      ["pip", "install", "--quiet", "--compile-bytecode", ...into, "--requirements", requirementsFile],
      options(),
    );
  });
  return { folder, variables: { LD_LIBRARY_PATH: python.libraries } };
}

/** The path of uv. */
export async function uvProgram(python) {
  const { program, version, cache } = python ?? (await stackPython());
  const folder = await made(path.join(cache, `uv-${uvVersion}-${version}`), async (partial) => {
    await run(program, ["-m", "pip", "install", "--quiet", "--target", partial, `uv==${uvVersion}`], options());
  });
  return path.join(folder, "bin", "uv");
}

/** `libraries`: those of its extension modules, which are beside it, not among the system's. */
export async function stackPython() {
  const script = path.join(root, "scripts", "stack", "python-tree.mjs");
  const { stdout } = await run(process.execPath, [script, "3.12"], { capture: true });
  const { folder, version, cache } = JSON.parse(stdout);
  return {
    program: path.join(folder, "bin", "python3.12"),
    version,
    libraries: path.join(folder, "lib"),
    cache: path.join(cache, "python"),
  };
}

/** A folder that is whole once it has its name, whoever else makes it at the same time. */
async function made(folder, make) {
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}.partial`;
  await mkdir(path.dirname(folder), { recursive: true });
  try {
    await make(partial);
    await rename(partial, folder).catch((error) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}

function options() {
  return { env: { ...process.env, ...quiet }, quiet: true };
}

function hashOf(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

if (process.argv[1] === import.meta.filename) {
  const [name, file] = process.argv.slice(2);
  if (file === undefined) throw new Error("node scripts/release/python-environment.mjs NAME FILE");
  console.log(JSON.stringify(await pythonEnvironment(name, path.resolve(file))));
}
