#!/usr/bin/env node
// A relocatable CPython as a folder: `node scripts/stack/python-tree.mjs 3.12` lays it out once in the cache and prints
// { folder, version, cache } as JSON. Tests repack it: as a conda package, as a python-build-standalone archive.

import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { installPackages } from "./apt.mjs";
import { layOutPython, patchVersion, pythons } from "./cpython.mjs";
import { createFolders, stackFolder } from "./folder.mjs";
import { holdsLock, rerunUnderLock } from "./lock.mjs";

/** Raise it when the trees must be laid out anew. */
const recipe = 1;

const minor = process.argv[2] ?? "";
if (!Object.hasOwn(pythons, minor)) {
  process.stderr.write(`unknown python "${minor}"; known are ${Object.keys(pythons).join(", ")}\n`);
  process.exit(2);
}
const folder = stackFolder();
createFolders(folder);
const target = path.join(folder.cache, "trees", `cpython-${pythons[minor].version}-${recipe}`);
if (!existsSync(target)) {
  if (!holdsLock) rerunUnderLock(folder.lock, import.meta.url);
  await installPackages(["bzip2", "curl", "unzip", "zstd"]);
  const partial = `${target}.${process.pid}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(path.dirname(target), { recursive: true });
  await layOutPython(folder, minor, partial);
  renameSync(path.join(partial, "usr", "local"), target);
  rmSync(partial, { recursive: true, force: true });
}
process.stdout.write(
  `${JSON.stringify({ folder: target, version: patchVersion(minor), cache: path.join(folder.cache, "repacked") })}\n`,
);
