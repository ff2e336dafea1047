import { readFile, utimes } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { findDamagedContent, openContentStore, openKeyIndex } from "@imagespec/image-store";
import { glob } from "./walk.ts";

/** What must not be in a cache folder whoever was killed: damaged files, and temporary files that nobody ever removes. */
export async function cacheProblems(cache: string): Promise<readonly string[]> {
  const problems: string[] = [];
  for await (const { path, reason } of findDamagedContent(await openContentStore(cache)))
    problems.push(`${path}: ${reason}`);
  for (const file of await glob(cache)) {
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

/** Temporary files and locks, where they may be until somebody tidies up. */
export async function temporaryFiles(cache: string): Promise<readonly string[]> {
  return (await glob(cache)).filter((file) => isInPartial(file) || file.startsWith("locks/"));
}

/** Lets two days pass for all of them. */
export async function ageTemporaryFiles(cache: string): Promise<void> {
  const past = new Date(Date.now() - 48 * 60 * 60 * 1000);
  for (const file of await temporaryFiles(cache)) {
    for (let path = file; !["partial", "locks"].includes(basename(path)); path = dirname(path)) {
      await utimes(join(cache, path), past, past);
    }
  }
}

/** Tidies up as the next build does that opens the cache. */
export async function tidy(cache: string): Promise<void> {
  await openContentStore(cache);
  for (const name of ["bases", "layers", "files", "checked", "resolutions"]) {
    await openKeyIndex(join(cache, "assemble", name), { parse: () => undefined });
  }
}

function isInPartial(file: string): boolean {
  return file.split("/").slice(0, -1).includes("partial");
}

function isTemporary(file: string): boolean {
  return !isInPartial(file) && (/\.partial$|\.\d+\.[0-9a-z]+$/.test(file) || file.startsWith("resolve/"));
}
