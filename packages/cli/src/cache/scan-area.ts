import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf, throwIfAborted } from "@imagespec/errors";
import type { CacheArea } from "./cache-area.ts";

/** Something in an area that is kept or removed as a whole: a file, or a folder with what is in it. */
export interface CacheItem {
  readonly path: string;
  readonly files: number;
  readonly bytes: number;
  readonly lastUsed: Date;
}

/** The items of an area. @throws the errors of the file system, but for what goes away meanwhile */
export async function scanArea(
  cacheFolder: string,
  area: CacheArea,
  signal: AbortSignal,
): Promise<readonly CacheItem[]> {
  const found: CacheItem[] = [];
  for (const folder of area.folders) {
    const root = join(cacheFolder, ...folder.split("/"));
    for (const name of await itemNames(root, area.items)) {
      throwIfAborted(signal);
      const item = await measure(join(root, ...name.split("/")), area);
      if (item !== undefined) found.push(item);
    }
  }
  return found;
}

const deepest = 3;

/** Paths below a folder that match, never inside of one that does. */
async function itemNames(root: string, pattern: RegExp, below = "", depth = 1): Promise<readonly string[]> {
  const names: string[] = [];
  for (const entry of await entriesOf(join(root, below))) {
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    if (pattern.test(name)) names.push(name);
    else if (entry.isDirectory() && depth < deepest) names.push(...(await itemNames(root, pattern, name, depth + 1)));
  }
  return names;
}

async function measure(path: string, { isTouched }: CacheArea): Promise<CacheItem | undefined> {
  let files = 0;
  let bytes = 0;
  let newest = 0;
  const add = async (entry: string): Promise<boolean> => {
    const facts = await lstat(entry).catch(ignoreAbsent);
    if (facts === undefined) return false;
    // The time of reading moves once a day where a disk keeps it at all, and never back.
    if (!facts.isDirectory() || entry === path)
      newest = Math.max(newest, facts.mtimeMs, facts.isFile() && !isTouched ? facts.atimeMs : 0);
    if (!facts.isDirectory()) {
      files++;
      bytes += facts.size;
      return true;
    }
    for (const { name } of await entriesOf(entry)) await add(join(entry, name));
    return true;
  };
  const touched = isTouched ? (await lstat(path).catch(ignoreAbsent))?.mtimeMs : undefined;
  if (!(await add(path))) return undefined;
  return { path, files, bytes, lastUsed: new Date(touched ?? newest) };
}

async function entriesOf(folder: string): Promise<readonly { readonly name: string; isDirectory(): boolean }[]> {
  return (await readdir(folder, { withFileTypes: true }).catch(ignoreAbsent)) ?? [];
}

/** Other processes use the same folder: what they remove is no failure. */
function ignoreAbsent(error: unknown): undefined {
  if (systemCodeOf(error) === "ENOENT" || systemCodeOf(error) === "ENOTDIR") return undefined;
  throw error;
}
