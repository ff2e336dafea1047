import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "@imagespec/errors";
import { type DockerIgnore, parseDockerIgnore } from "./docker-ignore.ts";
import { type GitIgnore, parseGitIgnore } from "./git-ignore.ts";

/** Never in an image, whatever other rules say. */
export function isStandardExclude(name: string): boolean {
  return /^(?:\.git|__pycache__|\.DS_Store|\.imagespec)$|\.pyc$/.test(name);
}

/** Files that hold credentials; only an exception in `.dockerignore` (`!.env`) brings them in. */
export function isSecretFile(name: string): boolean {
  return /^(?:\.env(?:\..+)?|\.netrc|\.pypirc)$/.test(name);
}

export interface ScopedRules<Rules> {
  /** Path of the file's folder relative to the root, `""` for the root, always with forward slashes. */
  readonly folder: string;
  readonly rules: Rules;
}

/** A path relative to a folder above it. */
function below(folder: string, path: string): string | undefined {
  if (folder === "") return path;
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}

/** The verdict of nested `.gitignore` files: the deepest one with an opinion decides. */
export function testGitIgnores(
  chain: readonly ScopedRules<GitIgnore>[],
  path: string,
  isFolder: boolean,
): "ignored" | "kept" | undefined {
  for (const { folder, rules } of chain.toReversed()) {
    const relative = below(folder, path);
    const verdict = relative === undefined ? undefined : rules.test(relative, isFolder);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

/** The verdict of `.dockerignore` files: the deepest one with an opinion decides. */
export function testDockerIgnores(
  chain: readonly ScopedRules<DockerIgnore>[],
  path: string,
): "ignored" | "kept" | undefined {
  for (const { folder, rules } of chain.toReversed()) {
    const relative = below(folder, path);
    const verdict = relative === undefined ? undefined : rules.test(relative);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

/** Whether an exception may bring back something below an ignored folder. */
export function mayKeepBelow(chain: readonly ScopedRules<DockerIgnore>[], folder: string): boolean {
  return chain.some(({ folder: scope, rules }) => {
    const relative = below(scope, folder);
    return relative !== undefined && rules.mayKeepBelow(relative);
  });
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return undefined;
    throw error;
  }
}

export async function readGitIgnore(folder: string): Promise<GitIgnore | undefined> {
  const text = await readOptional(join(folder, ".gitignore"));
  return text === undefined ? undefined : parseGitIgnore(text);
}

export async function readDockerIgnore(folder: string): Promise<DockerIgnore | undefined> {
  const text = await readOptional(join(folder, ".dockerignore"));
  return text === undefined ? undefined : parseDockerIgnore(text);
}
