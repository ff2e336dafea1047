import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { tagFailure } from "../errors/flytekit-error.ts";
import { systemFailure } from "../errors/system-failure.ts";
import { CopyMode, type PythonValue } from "../python/python-value.ts";
import { listSourceFiles } from "./list-source-files.ts";
import { compareCodePoints } from "./python-path.ts";
import { statEntry } from "./stat-entry.ts";

interface SourceOptions {
  /** Where relative paths are looked up. */
  readonly folder: string;
  readonly loadedModules: readonly string[];
}

/**
 * flytekit's digest of a source root: MD5 over the files in the order of their paths, of each its bytes and its path without
 * slashes.
 *
 * @throws FLYTEKIT_TAG
 */
export function sourceDigest(root: string, mode: PythonValue, options: SourceOptions): string {
  const hash = createHash("md5");
  for (const file of sourceFilesOf(root, mode, options)) {
    const place = isAbsolute(file) ? file : join(options.folder, file);
    try {
      hash.update(readFileSync(place));
    } catch (error) {
      throw systemFailure(error, file, "source_root");
    }
    hash.update(relative(placeOf(root, options), place).replaceAll("/", ""), "utf8");
  }
  return hash.digest("hex");
}

/** The files of a source root that flytekit copies, sorted as it hashes them; a module that was imported twice is there twice. */
export function sourceFilesOf(root: string, mode: PythonValue, options: SourceOptions): readonly string[] {
  const place = placeOf(root, options);
  const stats = statEntry(place);
  if (stats === undefined || !stats.isDirectory()) {
    const isMissing = stats === undefined;
    throw tagFailure({
      type: isMissing ? "FileNotFoundError" : "NotADirectoryError",
      text: `[Errno ${isMissing ? 2 : 20}] ${isMissing ? "No such file or directory" : "Not a directory"}: '${root}'`,
      field: "source_root",
      hint: "name a folder that exists",
    });
  }
  const files = mode === CopyMode.LOADED_MODULES ? loadedBelow(root, options) : listSourceFiles(root, options.folder);
  return [...files].sort(compareCodePoints);
}

/** Modules have absolute paths: nothing of them lies below a relative root, nor below one that is not written plainly. */
function loadedBelow(root: string, { loadedModules }: SourceOptions): readonly string[] {
  const isPlain = root === "/" || (isAbsolute(root) && !/\/$|\/\/|\/\.(?:\/|$)/.test(root));
  const prefix = root === "/" ? "/" : `${root}/`;
  return isPlain ? loadedModules.filter((file) => file.startsWith(prefix)) : [];
}

function placeOf(root: string, { folder }: SourceOptions): string {
  return isAbsolute(root) ? root : join(folder, root);
}
