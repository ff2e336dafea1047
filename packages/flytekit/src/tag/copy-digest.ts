import { createHash, type Hash } from "node:crypto";
import { type Dirent, opendirSync, readFileSync } from "node:fs";
import { basename, isAbsolute, join } from "node:path";
import { tagFailure } from "../errors/flytekit-error.ts";
import { systemFailure } from "../errors/system-failure.ts";
import { type PythonValue, pythonTypeName } from "../python/python-value.ts";
import { compareCodePoints } from "./python-path.ts";
import { statEntry } from "./stat-entry.ts";

/** The order in which folders are visited: that of the file system, as flytekit does, or a sorted one. */
export type DirectoryOrder = "file-system" | "ascending" | "descending";

interface CopyOptions {
  /** Where relative paths are looked up. */
  readonly folder: string;
  readonly directoryOrder: DirectoryOrder;
}

/**
 * flytekit's digest of `copy`: MD5 over the entries in their order, of files their bytes and base names, of folders every file
 * below. What does not exist adds nothing.
 *
 * @throws FLYTEKIT_TAG
 */
export function copyDigest(copy: PythonValue, options: CopyOptions): string {
  const hash = createHash("md5");
  if (typeof copy === "string") addFolder(hash, placeOf(copy, options), "", options);
  else if (!Array.isArray(copy)) throw notAPath(copy);
  else {
    for (const entry of copy) {
      if (typeof entry !== "string") throw notAPath(entry);
      const place = placeOf(entry, options);
      if (statEntry(place)?.isDirectory() === true) addFolder(hash, place, "", options);
      else addFile(hash, place, entry.endsWith("/") ? "" : basename(entry));
    }
  }
  return hash.digest("hex");
}

function addFolder(hash: Hash, folder: string, path: string, options: CopyOptions): void {
  const entries = entriesOf(folder);
  const isFolder = (entry: Dirent): boolean => statEntry(join(folder, entry.name))?.isDirectory() === true;
  const files = entries.filter((entry) => !isFolder(entry)).map(({ name }) => name);
  for (const name of files.sort(compareCodePoints)) addFile(hash, join(folder, name), path + name);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (options.directoryOrder !== "file-system") folders.sort(compareCodePoints);
  if (options.directoryOrder === "descending") folders.reverse();
  for (const name of folders) addFolder(hash, join(folder, name), `${path}${name}`, options);
}

/** In the order of the file system, which `readdir` does not keep. What cannot be listed is passed over, as `os.walk` does. */
function entriesOf(folder: string): readonly Dirent[] {
  const entries: Dirent[] = [];
  try {
    const directory = opendirSync(folder);
    try {
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) entries.push(entry);
    } finally {
      directory.closeSync();
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
  }
  return entries;
}

function addFile(hash: Hash, place: string, path: string): void {
  const stats = statEntry(place);
  if (stats === undefined || stats.isSocket()) return;
  try {
    hash.update(readFileSync(place));
  } catch (error) {
    throw systemFailure(error, path, "copy");
  }
  hash.update(path.replaceAll("/", ""), "utf8");
}

function placeOf(path: string, { folder }: CopyOptions): string {
  return isAbsolute(path) ? path : join(folder, path);
}

function notAPath(value: PythonValue): Error {
  const text = `expected str, bytes or os.PathLike object, not ${pythonTypeName(value)}`;
  return tagFailure({ type: "TypeError", text, field: "copy", hint: "write copy as a list of paths" });
}
