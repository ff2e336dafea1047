import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { onDisk } from "../disk/on-disk.ts";
import { PartialFolder } from "../disk/partial-folder.ts";
import { renameIntoPlace } from "../disk/rename-into-place.ts";

/** The content of the file `oci-layout`. */
export const layoutMarker = '{"imageLayoutVersion":"1.0.0"}';

/** Whether the content of a file `oci-layout` is of a version that can be read: 1.x. */
export function isLayoutMarker(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("imageLayoutVersion" in value)) return false;
    return typeof value.imageLayoutVersion === "string" && /^1\./.test(value.imageLayoutVersion);
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Checks that a folder is a layout. False when it has no marker. @throws STORE_UNUSABLE for another version */
export async function hasLayoutMarker(root: string): Promise<boolean> {
  const path = join(root, "oci-layout");
  let text: string;
  try {
    text = await onDisk(path, () => readFile(path, "utf8"));
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return false;
    throw error;
  }
  if (isLayoutMarker(text)) return true;
  throw new ImageSpecError("STORE_UNUSABLE", `"${path}" is not the marker of an OCI layout of version 1`, {
    hint: "Choose another folder, or delete the file when the folder is meant to be a layout",
    details: { path },
  });
}

/** Makes a folder a layout. @throws STORE_UNUSABLE, DISK_FULL */
export async function writeLayoutMarker(root: string): Promise<void> {
  await using file = await new PartialFolder(root).temporaryFile();
  await onDisk(file.path, () => writeFile(file.path, layoutMarker, { flag: "wx" }));
  await renameIntoPlace(file.path, join(root, "oci-layout"));
}
