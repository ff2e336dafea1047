import { rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { abortedError, ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { inFolder } from "../disk/in-folder.ts";
import { onDisk } from "../disk/on-disk.ts";
import { createFrom, isLockStale, refreshLock, seeLock, takeOverLock } from "./lock-file.ts";
import { currentHolder, describeHolder, type LockHolder } from "./lock-holder.ts";

const dayMs = 24 * 60 * 60 * 1000;
const refreshEveryMs = 60 * 1000;
const firstWaitMs = 2;
const longestWaitMs = 250;

/** How a lock is waited for. */
export interface FileLockOptions {
  readonly signal?: AbortSignal;
  /** Longest wait for another holder. @default no limit */
  readonly timeoutMs?: number;
  /** Called once, when the lock is held by another: with who it is, for people. */
  readonly onWait?: (holder: string) => void;
}

interface Draft {
  readonly path: string;
  readonly content: string;
}

/** One attempt: the free lock is taken, a stale one taken over. */
async function tryToTake(file: string, draft: Draft): Promise<{ readonly heldBy: string } | undefined> {
  if (await createFrom(draft.path, file, draft.content)) return undefined;
  const seen = await seeLock(file);
  if (seen === undefined) return { heldBy: "a process that has just released it" };
  if ((await isLockStale(seen, dayMs)) && (await takeOverLock(file, seen, draft, dayMs))) return undefined;
  return { heldBy: describeHolder(seen.holder) };
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms * (0.75 + Math.random() / 2), undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted === true) throw abortedError(signal);
    throw error;
  }
}

async function take(file: string, draft: Draft, options: FileLockOptions): Promise<void> {
  const { signal, timeoutMs, onWait } = options;
  const start = Date.now();
  let refreshedAt = start;
  for (let wait = firstWaitMs, isFirst = true; ; wait = Math.min(2 * wait, longestWaitMs), isFirst = false) {
    throwIfAborted(signal);
    const other = await tryToTake(file, draft);
    if (other === undefined) return;
    if (timeoutMs !== undefined && Date.now() - start >= timeoutMs)
      throw new ImageSpecError("STORE_UNUSABLE", `the lock "${file}" is held by ${other.heldBy}`, {
        hint: "Wait for that process to finish, or end it",
        details: { path: file, timeoutMs },
      });
    if (isFirst) onWait?.(other.heldBy);
    if (Date.now() - refreshedAt > refreshEveryMs) {
      // The draft becomes the lock: it must not look old when that happens.
      await refreshLock(draft.path);
      refreshedAt = Date.now();
    }
    await pause(wait, signal);
  }
}

async function release(file: string, holder: LockHolder): Promise<void> {
  // After a stop of more than a day another process may hold it by now.
  if ((await seeLock(file))?.id === holder.id) await onDisk(file, () => rm(file, { force: true }));
}

/**
 * Runs an action while holding an advisory lock among the processes of one machine: a file that names its holder.
 *
 * The lock of a process that died on this host is taken over at once; any other after a day without a sign of life (its holder
 * gives one every minute). Not re-entrant.
 *
 * @throws ABORTED while waiting, STORE_UNUSABLE after `timeoutMs` or when the file cannot be written, DISK_FULL
 */
export async function withFileLock<T>(
  file: string,
  action: () => Promise<T>,
  options: FileLockOptions = {},
): Promise<T> {
  throwIfAborted(options.signal);
  const holder = await currentHolder();
  const draft = { path: `${file}.${holder.id}`, content: JSON.stringify(holder) };
  try {
    // A full disk leaves an empty file.
    await inFolder(dirname(file), () => writeFile(draft.path, draft.content, { flag: "wx" }));
    await take(file, draft, options);
  } finally {
    await onDisk(draft.path, () => rm(draft.path, { force: true }));
  }
  // A sign of life that fails only makes the lock look older.
  const heartbeat = setInterval(() => void refreshLock(file).catch(() => undefined), refreshEveryMs).unref();
  try {
    return await action();
  } finally {
    clearInterval(heartbeat);
    await release(file, holder);
  }
}
