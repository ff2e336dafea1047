import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { systemCodeOf } from "@imagespec/errors";

/** The files below a folder, relative to it, sorted; none when it does not exist. */
export async function glob(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort();
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw error;
  }
}
