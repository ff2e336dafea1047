import { readFile, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { findDamagedContent, openContentStore } from "@imagespec/image-store";
import { glob } from "./walk.ts";

/** What must not be in a cache folder whoever was killed: damaged files, locks, temporary files that nobody ever removes. */
export async function cacheProblems(cache: string): Promise<readonly string[]> {
  const problems: string[] = [];
  for await (const { path, reason } of findDamagedContent(await openContentStore(cache)))
    problems.push(`${path}: ${reason}`);
  for (const file of await glob(cache)) {
    if (file.startsWith("locks/")) problems.push(`${file}: a lock of nobody`);
    if (isTemporary(file)) problems.push(`${file}: a temporary file outside partial/`);
    if (!file.endsWith(".json") || isInPartial(file)) continue;
    try {
      JSON.parse(await readFile(join(cache, file), "utf8"));
    } catch {
      problems.push(`${file}: no JSON`);
    }
  }
  return problems;
}

/** Temporary files where they may be until somebody tidies up. */
export async function partialFiles(cache: string): Promise<readonly string[]> {
  return (await glob(cache)).filter(isInPartial);
}

/** Lets two days pass for everything in the folders of temporary files. */
export async function agePartialFiles(cache: string): Promise<void> {
  const past = new Date(Date.now() - 48 * 60 * 60 * 1000);
  for (const file of await partialFiles(cache)) {
    for (let path = file; basename(path) !== "partial"; path = dirname(path))
      await utimes(join(cache, path), past, past);
  }
}

function isInPartial(file: string): boolean {
  return file.split("/").slice(0, -1).includes("partial");
}

function isTemporary(file: string): boolean {
  return !isInPartial(file) && (/\.partial$|\.\d+\.[0-9a-z]+$/.test(file) || file.startsWith("resolve/"));
}
