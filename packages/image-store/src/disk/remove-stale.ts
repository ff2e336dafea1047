import { opendir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "@imagespec/errors";

const staleAfterMs = 24 * 60 * 60 * 1000;

/** Removes from a folder what crashed processes left behind: everything not written to for a day. A missing folder is clean. */
export async function removeStale(folder: string): Promise<void> {
  try {
    for await (const { name } of await opendir(folder)) await removeIfStale(join(folder, name));
  } catch (error) {
    // Cleaning is a courtesy: a folder that another user owns, or that is on a read-only disk, still can be read from.
    if (!["ENOENT", "EACCES", "EPERM", "EROFS"].includes(systemCodeOf(error) ?? "")) throw error;
  }
}

async function removeIfStale(file: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > staleAfterMs) await rm(file, { force: true, recursive: true });
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error; // Another process finished with it.
  }
}
