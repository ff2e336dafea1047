import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { onDisk } from "@imagespec/image-store";
import { mark } from "../text/mark.ts";

/** What an export may have written. */
const names: ReadonlySet<string> = new Set([
  "Dockerfile",
  ".dockerignore",
  "build",
  "commands",
  "copy",
  "environment",
  "files",
  "packages",
  "root",
  "source",
]);

/** Removes an earlier export. @throws STORE_UNUSABLE for a folder that has anything else in it */
export async function clearExport(folder: string): Promise<void> {
  const there = await entriesOf(folder);
  if (there.length === 0) return;
  const text = there.includes("Dockerfile") ? await readFile(path.join(folder, "Dockerfile"), "utf8") : "";
  if (!text.split("\n").slice(0, 2).includes(`# ${mark}`) || there.some((name) => !names.has(name))) {
    throw new ImageSpecError("STORE_UNUSABLE", `the folder "${folder}" has other files in it`, {
      hint: "name another folder, or empty it",
    });
  }
  for (const name of there) {
    const entry = path.join(folder, name);
    await onDisk(entry, () => rm(entry, { recursive: true }));
  }
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  return onDisk(folder, async () => {
    try {
      return await readdir(folder);
    } catch (error) {
      if (systemCodeOf(error) === "ENOENT") return [];
      throw error;
    }
  });
}
