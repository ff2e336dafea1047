import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, parse } from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";

/** A package on disk. */
export interface FoundPackage {
  readonly folder: string;
  /** Its parsed package.json. */
  readonly packageJson: unknown;
}

/** The nearest package.json at or above a folder. */
export async function findProject(folder: string): Promise<FoundPackage | undefined> {
  for (let current = folder; ; current = dirname(current)) {
    const found = await readPackage(current);
    if (found !== undefined) return found;
    if (current === parse(current).root) return undefined;
  }
}

/**
 * A dependency as the package in `folder` sees it; nothing when it is not installed.
 *
 * The folders `node_modules` upwards are looked at first: packages need not export their package.json. Layouts without such
 * folders are asked through Node's resolution.
 */
export async function findPackage(name: string, folder: string): Promise<FoundPackage | undefined> {
  for (let current = folder; ; current = dirname(current)) {
    const found = await readPackage(join(current, "node_modules", name));
    if (found !== undefined) return found;
    if (current === parse(current).root) break;
  }
  try {
    return await readPackage(dirname(createRequire(join(folder, "package.json")).resolve(`${name}/package.json`)));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return undefined;
    throw error;
  }
}

async function readPackage(folder: string): Promise<FoundPackage | undefined> {
  const file = join(folder, "package.json");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT" || systemCodeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
  try {
    return { folder, packageJson: JSON.parse(text) };
  } catch (cause) {
    throw new ImageSpecError("CONFIG_INVALID", `"${file}" is not valid JSON`, { hint: "correct the file", cause });
  }
}
