// `node scripts/release/python-wheel.mjs FOLDER`: the wheel of flytekitplugins-imagespec with the command packed into it, byte for
// byte the same for the same sources. Prints its path.
import { existsSync, realpathSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { root, run } from "../run.mjs";
import { pnpm, setUp } from "../setup.mjs";
import { uvProgram } from "./python-environment.mjs";

const project = path.join(root, "integrations", "flytekit");
const command = path.join(root, "packages", "cli");
/** Beside the one that the command comes with: steps, Debian packages and more, where there is a Docker engine or a buildkitd. */
const builders = ["@imagespec/builder-buildkit"];
/** For people and compilers, not for programs that run. */
const left = /\.(map|md|d\.[cm]?ts)$|^(docs|test|tests|types|scripts|browser|example|examples|benchmark)\//;
/** Of packages that bring more than one build of themselves, what Node runs here. */
const kept = {
  imagespec: /^(package\.json|LICENSE|bin\/.*|dist\/program.*)$/,
  openpgp: /^(package\.json|LICENSE|dist\/node\/openpgp\.mjs)$/,
};

/** Makes the wheel in a folder and returns its path. */
export async function makeWheel(target) {
  const stage = await mkdtemp(path.join(os.tmpdir(), "imagespec-wheel-"));
  try {
    for (const name of ["src", "README.md", "pyproject.toml"]) {
      await cp(path.join(project, name), path.join(stage, name), { recursive: true, filter: isSource });
    }
    await cp(path.join(root, "LICENSE"), path.join(stage, "LICENSE"));
    await setVersion(path.join(stage, "pyproject.toml"));
    await packCommand(path.join(stage, "src", "flytekitplugins", "imagespec", "_command", "node_modules"), stage);
    await mkdir(target, { recursive: true });
    const built = path.join(stage, "built");
    await run(await uvProgram(), ["build", "--quiet", "--wheel", "--out-dir", built, stage], {
      env: { ...process.env, SOURCE_DATE_EPOCH: "1577836800", UV_PYTHON_DOWNLOADS: "never" },
      quiet: true,
    });
    const [name] = (await readdir(built)).filter((file) => file.endsWith(".whl"));
    await cp(path.join(built, name), path.join(target, name));
    return path.join(target, name);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** The packages that the command runs, as npm would install them: flat, and a second version below who wants it. */
async function packCommand(modules, stage) {
  const places = new Map([["imagespec", command]]);
  for (const name of builders) places.set(name, path.join(root, "plugins", name.replace("@imagespec/builder-", "")));
  for (const [place, folder] of places) {
    for (const dependency of dependenciesOf(await manifestOf(folder))) {
      const wanted = folderOf(dependency, folder);
      if (placeSeenFrom(place, dependency, places) !== wanted) {
        places.set(places.has(dependency) ? `${place}/node_modules/${dependency}` : dependency, wanted);
      }
    }
  }
  const ours = [...places].filter(([, folder]) => !folder.includes("/node_modules/")).map(([name]) => name);
  const packed = path.join(stage, "packed");
  await mkdir(packed);
  const chosen = ours.flatMap((name) => ["--filter", name]);
  await pnpm([...chosen, "--recursive", "pack", "--pack-destination", packed], { quiet: true });
  for (const [place, folder] of places) {
    const source = ours.includes(place) ? await unpacked(packed, place, folder) : folder;
    const isKept = (file) => (kept[place] === undefined ? !left.test(file) : kept[place].test(file));
    await copyFiles(source, path.join(modules, place), isKept);
  }
  await dependOn(builders, path.join(modules, "imagespec", "package.json"));
}

/** The command finds the builders among what it depends on. */
async function dependOn(names, file) {
  const manifest = JSON.parse(await readFile(file, "utf8"));
  for (const name of names) manifest.dependencies[name] = "*";
  await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** What Node finds under a name for the package at a place. */
function placeSeenFrom(place, name, places) {
  for (let at = place; at !== ""; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    const found = places.get(`${at}/node_modules/${name}`);
    if (found !== undefined) return found;
  }
  return places.get(name);
}

function dependenciesOf({ dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} }) {
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return new Set([...Object.keys(dependencies), ...peers]);
}

/** What the tarball of a package holds. */
async function unpacked(packed, name, folder) {
  const { version } = await manifestOf(folder);
  const flat = name.replace("@", "").replace("/", "-");
  const place = path.join(packed, flat);
  await mkdir(place);
  await run("tar", ["-xzf", path.join(packed, `${flat}-${version}.tgz`), "-C", place], { quiet: true });
  return path.join(place, "package");
}

async function copyFiles(source, target, isKept) {
  for (const entry of await readdir(source, { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(source, file).replaceAll(path.sep, "/");
    if (!entry.isFile() || name.startsWith("node_modules/") || !isKept(name)) continue;
    await mkdir(path.dirname(path.join(target, name)), { recursive: true });
    await cp(file, path.join(target, name));
  }
}

/** Where pnpm has put a dependency of a package. */
function folderOf(name, from) {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "node_modules", name);
    if (existsSync(candidate)) return realpathSync(candidate);
    if (folder === path.dirname(folder)) throw new Error(`"${name}" of "${from}" is not installed`);
  }
}

async function manifestOf(folder) {
  return JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
}

/** The wheel has the version of the command in it. */
async function setVersion(file) {
  const { version } = await manifestOf(command);
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/^version = ".*"$/m, `version = "${version}"`));
}

function isSource(file) {
  return !/__pycache__|\.(mypy|ruff|pytest)_cache|\/_command(\/|$)/.test(file);
}

if (process.argv[1] === import.meta.filename) {
  await setUp();
  console.log(await makeWheel(path.resolve(process.argv[2] ?? "wheels")));
}
