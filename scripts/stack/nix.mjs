#!/usr/bin/env node
// Installs Debian's Nix and lays out the package set of the tests: an expression and files of this Debian system, no nixpkgs.
// Facts as JSON on stdout. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the machine lacks something.

import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { assertMachine, debianMirror, installPackages, missingPackages, updatePackageLists } from "./apt.mjs";
import { run, StackMissingError, say } from "./command.mjs";
import { createFolders, stackFolder } from "./folder.mjs";
import { holdsLock, rerunUnderLock } from "./lock.mjs";

const usage = `usage: node scripts/stack/nix.mjs [--newest]
--newest also unpacks the Nix of the newest Debian suite`;

const packages = [
  ...["nix-bin", "busybox-static", "patchelf", "python3.11", "python3-yaml", "python3-six", "python3-greenlet"],
  ...["libyaml-0-2", "libstdc++6", "libexpat1", "zlib1g", "ca-certificates"],
];
const libraries = [
  ...["ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "libutil.so.1", "librt.so.1"],
  ...["libz.so.1", "libexpat.so.1", "libyaml-0.so.2", "libstdc++.so.6", "libgcc_s.so.1"],
];
const modules = ["yaml", "_yaml", "six.py"];
/** Not needed, or different from run to run. */
const left = new Set([
  "config-3.11-x86_64-linux-gnu",
  "pydoc_data",
  "tkinter",
  "distutils",

  "__pycache__",
  "test",
  "idlelib",
  "lib2to3",
  "sitecustomize.py",
  "ensurepip",
  "EXTERNALLY-MANAGED",
]);

const expression = fileURLToPath(new URL("../../plugins/nix/test/set/default.nix", import.meta.url));
const debianLibraries = "/usr/lib/x86_64-linux-gnu";
const site = "/usr/lib/python3/dist-packages";

/** The package set, laid out once for each version of its expression and of Debian's packages. */
function layOutSet(folder) {
  const status = readFileSync("/var/lib/dpkg/status", "utf8");
  const versions = packages.map(
    (name) =>
      new RegExp(`^Package: ${name.replace(/[.+]/g, "\\$&")}\\n(?:.+\\n)*?Version: (.+)$`, "m").exec(status)?.[1],
  );
  const key = createHash("sha256")
    .update(JSON.stringify(["set-1", versions, libraries, modules, [...left]]))
    .update(readFileSync(expression))
    .digest("hex")
    .slice(0, 16);
  const target = path.join(folder.cache, "nix", `set-${key}`);
  if (existsSync(target)) return target;
  say("package set for Nix");
  const partial = `${target}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const files = path.join(partial, "files");
  for (const name of ["bin", "lib", "site"]) mkdirSync(path.join(files, name), { recursive: true });
  cpSync(expression, path.join(partial, "default.nix"));
  const place = (source, ...to) => {
    const file = path.join(files, ...to, path.basename(source));
    cpSync(source, file, { dereference: true });
    chmodSync(file, 0o755);
  };
  for (const name of ["/bin/busybox", "/usr/bin/patchelf", "/usr/bin/python3.11"]) place(name, "bin");
  for (const name of libraries) place(path.join(debianLibraries, name), "lib");
  const filter = (source) => !left.has(path.basename(source));
  cpSync("/usr/lib/python3.11", path.join(files, "python3.11"), { recursive: true, dereference: true, filter });
  for (const name of readdirSync(site).filter((each) => modules.includes(each))) {
    cpSync(path.join(site, name), path.join(files, "site", name), { recursive: true, dereference: true, filter });
  }
  cpSync("/etc/ssl/certs/ca-certificates.crt", path.join(files, "ca-bundle.crt"), { dereference: true });
  renameSync(partial, target);
  return target;
}

/** Commands of Nix that the builder runs; they are one program under several names. */
const commands = ["nix-build", "nix-hash", "nix-instantiate", "nix-prefetch-url", "nix-store"];
const newestSuite = "forky";
/** Recommended, or for users: what nix-bin needs to run are libraries. */
const unneeded = /^(?:perl|bash|bzip2|curl|xz-utils|lib.*-perl|perl-.*|libperl.*|debconf.*|gcc-\d+-base)$/;

/** Nix of the newest Debian suite with the libraries that it was linked with, unpacked and made to run here. */
async function unpackNewest(folder) {
  const target = path.join(folder.cache, "nix", `${newestSuite}-2`);
  const bin = path.join(target, "bin");
  if (existsSync(bin)) return bin;
  say(`Nix of ${newestSuite}`);
  const apt = path.join(folder.work, "apt-nix");
  rmSync(apt, { recursive: true, force: true });
  for (const name of ["lists/partial", "archives/partial", "parts", "preferences", "download"])
    mkdirSync(path.join(apt, name), { recursive: true });
  writeFileSync(path.join(apt, "status"), "");
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const line = `deb [signed-by=${keyring}] ${await debianMirror()} ${newestSuite} main\n`;
  writeFileSync(path.join(apt, "sources.list"), line);
  const options = Object.entries({
    "Dir::State::Lists": path.join(apt, "lists"),
    "Dir::State::status": path.join(apt, "status"),
    "Dir::Cache": apt,
    "Dir::Etc::sourcelist": path.join(apt, "sources.list"),
    "Dir::Etc::sourceparts": path.join(apt, "parts"),
    "Dir::Etc::preferencesparts": path.join(apt, "preferences"),
    "Dir::Etc::preferences": "/dev/null",
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
  }).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  await run(["apt-get", ...options, "update", "-qq"]);
  const names = await closureOf("nix-bin", options);
  const download = path.join(apt, "download");
  await run(["apt-get", ...options, "download", "-qq", ...names], { cwd: download });
  const partial = `${target}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const root = path.join(partial, "root");
  mkdirSync(root, { recursive: true });
  for (const file of readdirSync(download)) await run(["dpkg", "-x", path.join(download, file), root]);
  // Paths of programs are those of the place where they will be.
  await layOutPrograms(root, path.join(partial, "bin"), path.join(target, "root"));
  rmSync(target, { recursive: true, force: true });
  renameSync(partial, target);
  rmSync(apt, { recursive: true, force: true });
  return bin;
}

/** A package with the libraries that it and they need. */
async function closureOf(name, options) {
  const kinds = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"];
  const text = await run([
    "apt-cache",
    ...options,
    "depends",
    "--recurse",
    ...kinds.map((kind) => `--no-${kind}`),
    name,
  ]);
  const needs = new Map();
  let own = [];
  let isAlternative = false;
  for (const line of text.split("\n")) {
    const [, bar, needed] = /^\s+(\|?)(?:Pre)?Depends: (\S+)$/.exec(line) ?? [];
    if (needed === undefined) {
      if (!/^\S/.test(line)) continue;
      own = [];
      needs.set(line, own);
      continue;
    }
    // Of alternatives the first; names in angle brackets are virtual.
    if (!isAlternative && !needed.startsWith("<")) own.push(needed);
    isAlternative = bar === "|";
  }
  const found = new Set();
  const pending = [name];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (found.has(next) || unneeded.test(next)) continue;
    found.add(next);
    pending.push(...(needs.get(next) ?? []));
  }
  return [...found];
}

/** The program under its names, with the loader and the libraries of its own suite. */
async function layOutPrograms(root, bin, rootLater) {
  const programs = path.join(root, "programs");
  for (const folder of [bin, programs]) mkdirSync(folder, { recursive: true });
  const usual = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib"].filter((each) =>
    existsSync(path.join(root, each)),
  );
  const nested = usual.flatMap((each) =>
    readdirSync(path.join(root, each), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name.startsWith("nix"))
      .map((entry) => path.join(each, entry.name)),
  );
  const folders = [...usual, ...nested];
  const loader = folders
    .map((each) => path.join(each, "ld-linux-x86-64.so.2"))
    .find((file) => existsSync(path.join(root, file)));
  const program = path.join(programs, "nix");
  cpSync(path.join(root, "usr/bin/nix"), program, { dereference: true });
  const runpath = folders.map((each) => path.join(rootLater, each)).join(":");
  // DT_RPATH, not DT_RUNPATH: it also serves the libraries that the libraries need.
  await run([
    "patchelf",
    "--force-rpath",
    "--set-rpath",
    runpath,
    "--set-interpreter",
    path.join(rootLater, loader),
    program,
  ]);
  for (const name of ["nix", ...commands]) {
    if (name !== "nix") symlinkSync("nix", path.join(programs, name));
    // Its sandbox would have a shell of its suite, which is not installed here.
    const text = `#!/bin/sh\nNIX_CONFIG="$NIX_CONFIG\nsandbox-paths =" exec "${path.join(rootLater, "programs", name)}" "$@"\n`;
    writeFileSync(path.join(bin, name), text, { mode: 0o755 });
  }
}

async function main() {
  let options;
  try {
    options = parseArgs({ options: { newest: { type: "boolean", default: false } } }).values;
  } catch (error) {
    process.stderr.write(`${error.message}\n${usage}\n`);
    return 2;
  }
  try {
    assertMachine();
    const folder = stackFolder();
    createFolders(folder);
    if (!holdsLock) rerunUnderLock(folder.lock, import.meta.url);
    if (missingPackages(packages).length > 0) {
      await updatePackageLists();
      await installPackages(packages);
    }
    const set = layOutSet(folder);
    const newest = options.newest ? await unpackNewest(folder) : undefined;
    process.stdout.write(`${JSON.stringify({ bin: "/usr/bin", set, ...(newest ? { newest } : {}) })}\n`);
    return 0;
  } catch (error) {
    if (error instanceof StackMissingError) {
      process.stderr.write(`the tests of Nix need ${error.message}\n`);
      return 3;
    }
    process.stderr.write(`Nix could not be set up: ${error.message}\n`);
    return 1;
  }
}

process.exitCode = await main();
