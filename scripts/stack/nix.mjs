#!/usr/bin/env node
// Installs Debian's Nix and lays out the package set of the tests: an expression and files of this Debian system, no nixpkgs.
// Facts as JSON on stdout. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the machine lacks something.

import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { assertMachine, installPackages, missingPackages, unpackPackages, updatePackageLists } from "./apt.mjs";
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
const commands = ["nix", "nix-build", "nix-hash", "nix-instantiate", "nix-prefetch-url", "nix-store"];

/** Nix of the newest Debian suite with the libraries that it was linked with, made to run here. */
async function unpackNewest(folder) {
  const closure = await newestClosure();
  const root = await unpackPackages(folder, "sid", closure);
  const bin = path.join(root, "imagespec-bin");
  if (existsSync(bin)) return bin;
  const partial = `${bin}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const folders = [`${root}/usr/lib/x86_64-linux-gnu`, `${root}/usr/lib`, `${root}/lib/x86_64-linux-gnu`];
  const nested = existsSync(folders[0]) ? readdirSync(folders[0], { withFileTypes: true }) : [];
  for (const entry of nested)
    if (entry.isDirectory() && /^nix/.test(entry.name)) folders.push(path.join(folders[0], entry.name));
  const loader = folders.map((each) => path.join(each, "ld-linux-x86-64.so.2")).find((file) => existsSync(file));
  const program = path.join(partial, "nix");
  cpSync(path.join(root, "usr/bin/nix"), program, { dereference: true });
  // DT_RPATH, not DT_RUNPATH: it also serves the libraries that the libraries need.
  await run(["patchelf", "--force-rpath", "--set-rpath", folders.join(":"), "--set-interpreter", loader, program]);
  for (const name of commands.slice(1)) cpSync(program, path.join(partial, name));
  renameSync(partial, bin);
  return bin;
}

/** Debian packages that the newest nix-bin needs, by its own words. */
async function newestClosure() {
  return [...["nix-bin", "libc6", "libgcc-s1", "libstdc++6"]];
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
