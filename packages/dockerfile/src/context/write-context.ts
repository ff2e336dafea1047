import { chmod, lutimes, mkdir, open, symlink, utimes } from "node:fs/promises";
import path from "node:path";
import { throwIfAborted } from "@imagespec/errors";
import { onDisk } from "@imagespec/image-store";
import type { DockerfilePlan } from "../plan/dockerfile-plan.ts";
import type { ContextEntry, ContextFile } from "./context-entry.ts";
import { contextTime } from "./context-time.ts";
import { textEntry } from "./text-entry.ts";

/**
 * Writes the Dockerfile and its context into a folder, with the times and modes that a daemon is to see.
 *
 * @returns the paths of the files and links, relative to the folder, sorted
 * @throws ABORTED, DISK_FULL, STORE_UNUSABLE, SOURCE_CHANGED
 */
export async function writeContext(
  plan: Pick<DockerfilePlan, "text" | "context">,
  folder: string,
  options: { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const entries = [...plan.context, textEntry("Dockerfile", plan.text)];
  await onDisk(folder, () => mkdir(folder, { recursive: true }));
  for (const entry of entries) {
    throwIfAborted(options.signal);
    const target = path.join(folder, entry.path);
    await onDisk(target, () => writeEntry(entry, target));
  }
  // Last, and from the inside out: writing into a folder changes its time.
  for (const entry of entries.filter(({ kind }) => kind === "directory").reverse()) {
    const target = path.join(folder, entry.path);
    await onDisk(target, () => setTime(entry, target));
  }
  return entries
    .filter(({ kind }) => kind !== "directory")
    .map((entry) => entry.path)
    .sort();
}

async function writeEntry(entry: ContextEntry, target: string): Promise<void> {
  await mkdir(entry.kind === "directory" ? target : path.dirname(target), { recursive: true });
  if (entry.kind === "symlink") await symlink(entry.linkTarget, target);
  else {
    if (entry.kind === "file") await writeFileEntry(entry, target);
    // Not left to the umask of the process.
    await chmod(target, entry.mode);
  }
  if (entry.kind !== "directory") await setTime(entry, target);
}

async function writeFileEntry(entry: ContextFile, target: string): Promise<void> {
  const file = await open(target, "wx");
  try {
    for await (const chunk of entry.open()) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

async function setTime(entry: ContextEntry, target: string): Promise<void> {
  const seconds = Number(contextTime(entry) / 1000n) / 1_000_000;
  await (entry.kind === "symlink" ? lutimes : utimes)(target, seconds, seconds);
}
