import { rename } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { systemCodeOf } from "@imagespec/errors";
import { onDisk } from "./on-disk.ts";

const attempts = 8;

/** Whether Windows refuses a rename because somebody has the target open just now. */
function isSharingViolation(error: unknown): boolean {
  return process.platform === "win32" && ["EPERM", "EACCES", "EBUSY"].includes(systemCodeOf(error) ?? "");
}

/**
 * Replaces a file by another of the same folder tree, atomically: readers see the old or the new one, never a part.
 *
 * @throws DISK_FULL, STORE_UNUSABLE
 */
export async function renameIntoPlace(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (attempt === attempts || !isSharingViolation(error)) return onDisk(to, () => Promise.reject(error));
    }
    await setTimeout(2 ** attempt);
  }
}
