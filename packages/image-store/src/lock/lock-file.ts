import { link, open, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemCodeOf } from "@imagespec/errors";
import { onDisk } from "../disk/on-disk.ts";
import { isHolderGone, type LockHolder, parseLockHolder } from "./lock-holder.ts";

/** A lock file without a readable holder is being written just now, or never will be. */
const unreadableAfterMs = 60 * 1000;
const leftoverAfterMs = 24 * 60 * 60 * 1000;
/** File systems without hard links answer one of these. */
const noHardLinks: ReadonlySet<string> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EINVAL",
  "EISDIR",
  "EMLINK",
]);

/** A lock file as it was found. */
export interface SeenLock {
  /** Tells this lock from any other that is or was at the same path. */
  readonly id: string;
  readonly holder: LockHolder | undefined;
  /** Last sign of life. */
  readonly mtimeMs: number;
}

/** What is at a lock's path; nothing when it is free. */
export async function seeLock(file: string): Promise<SeenLock | undefined> {
  try {
    return await onDisk(file, async () => {
      await using handle = await open(file, "r");
      const { mtimeMs, ino } = await handle.stat();
      const holder = parseLockHolder(await handle.readFile("utf8"));
      return { id: holder?.id ?? `${ino}-${Math.trunc(mtimeMs)}`, holder, mtimeMs };
    });
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether a lock's holder will not release it any more. */
export async function isLockStale(seen: SeenLock, staleAfterMs: number): Promise<boolean> {
  const age = Date.now() - seen.mtimeMs;
  if (seen.holder === undefined) return age > unreadableAfterMs;
  return age > staleAfterMs || (await isHolderGone(seen.holder));
}

/**
 * Puts the draft's content at a path where nothing is; false when something is.
 *
 * A hard link makes name and content appear in one step; where there are none, the file is empty for a moment.
 */
export async function createFrom(draft: string, file: string, content: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "EEXIST") return false;
    if (code === undefined || !noHardLinks.has(code)) return onDisk(file, () => Promise.reject(error));
  }
  try {
    await onDisk(file, () => writeFile(file, content, { flag: "wx" }));
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/**
 * Replaces a stale lock by the draft; false when another process was faster.
 *
 * The right to replace one particular stale lock is a file of its own, created exclusively and named after that lock's id: so no
 * more than one process replaces it, and none replaces a lock that is not the one it judged. Its maker may die too; then the
 * next generation of that file counts.
 */
export async function takeOverLock(
  file: string,
  stale: SeenLock,
  draft: { readonly path: string; readonly content: string },
  staleAfterMs: number,
): Promise<boolean> {
  const claims: string[] = [];
  for (;;) {
    const claim = `${file}.${stale.id}.${claims.length}`;
    claims.push(claim);
    if (await createFrom(draft.path, claim, draft.content)) break;
    const other = await seeLock(claim);
    if (other === undefined || !(await isLockStale(other, staleAfterMs))) return false;
  }
  const own = claims.at(-1);
  try {
    if ((await seeLock(file))?.id !== stale.id) return false;
    await onDisk(file, () => rename(draft.path, file));
    for (const claim of claims) await rm(claim, { force: true });
    await removeLeftovers(file);
    return true;
  } finally {
    if (own !== undefined) await rm(own, { force: true });
  }
}

/** Removes drafts and claims of processes that died long ago. */
async function removeLeftovers(file: string): Promise<void> {
  const folder = dirname(file);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(file)}.`)) continue;
    const path = join(folder, name);
    try {
      if (Date.now() - (await stat(path)).mtimeMs > leftoverAfterMs) await rm(path, { force: true });
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT") throw error; // Its owner removed it.
    }
  }
}

/** Shows that the holder is alive. */
export async function refreshLock(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now);
}
