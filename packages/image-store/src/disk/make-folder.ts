import { mkdir } from "node:fs/promises";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { onDisk } from "./on-disk.ts";

/** Makes a folder and those above it; one that exists is fine. @throws STORE_UNUSABLE, DISK_FULL */
export async function makeFolder(path: string): Promise<void> {
  try {
    await onDisk(path, () => mkdir(path, { recursive: true }));
  } catch (error) {
    if (systemCodeOf(error) !== "EEXIST") throw error;
    throw new ImageSpecError("STORE_UNUSABLE", `"${path}" is not a folder`, {
      hint: "Remove the file that is in its place, or choose another folder",
      cause: error,
      details: { path },
    });
  }
}
