import { systemCodeOf } from "@imagespec/errors";
import { makeFolder } from "./make-folder.ts";
import { onDisk } from "./on-disk.ts";

const attempts = 4;

/**
 * Runs an action that creates a file in a folder, which is made when it is missing, and again when another process that tidies
 * up removes the empty folder in between.
 *
 * @throws STORE_UNUSABLE, DISK_FULL
 */
export async function inFolder<T>(folder: string, action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    await makeFolder(folder);
    try {
      return await onDisk(folder, action);
    } catch (error) {
      if (attempt === attempts || systemCodeOf(error) !== "ENOENT") throw error;
    }
  }
}
