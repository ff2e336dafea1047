import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";

const nobody = 65534;

/** Runs an action as a user who may read a folder and not write to it: root, whom no mode stops, becomes another user. */
export async function asUnprivileged<T>(root: string, action: () => Promise<T>): Promise<T> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const folders = [root, ...entries.filter((e) => e.isDirectory()).map((e) => join(e.parentPath, e.name))];
  for (const folder of folders) await chmod(folder, 0o555);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(nobody);
  try {
    return await action();
  } finally {
    if (isRoot) process.seteuid?.(0);
    for (const folder of folders) await chmod(folder, 0o755);
  }
}
