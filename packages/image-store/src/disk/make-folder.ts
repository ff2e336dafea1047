import { mkdir } from "node:fs/promises";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { onDisk } from "./on-disk.ts";

/** Makes a folder and those above it; one that exists is fine. @throws STORE_UNUSABLE, DISK_FULL */
export async function makeFolder(path: string): Promise<void> {
  try {
    await onDisk(path, () => mkdir(path, { recursive: true }));
  } catch (error) {
    const code = systemCodeOf(error);
    // ENOENT is what Node.js gives for a path that is to be made on a read-only disk.
    if (code !== "EEXIST" && code !== "ENOENT") throw error;
    throw new ImageSpecError("STORE_UNUSABLE", `the folder "${path}" cannot be made`, {
      hint: "Check that the disk can be written to and that no file is in its place, or choose another folder",
      cause: error,
      details: { path },
    });
  }
}
