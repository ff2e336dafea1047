import { readdir } from "node:fs/promises";
import path from "node:path";

const skippedFolders: ReadonlySet<string> = new Set([
  "node_modules",
  ".git",
  "dist",
  ".turbo",
  ".changeset",
  "template",
]);

/** The Markdown files below a folder that people write, relative to it, sorted. */
export async function findMarkdown(root: string, folder = "."): Promise<readonly string[]> {
  const files: string[] = [];
  for (const entry of await readdir(path.join(root, folder), { withFileTypes: true })) {
    const relative = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name)) files.push(...(await findMarkdown(root, relative)));
    } else if (entry.name.endsWith(".md") && entry.name !== "CHANGELOG.md") files.push(relative);
  }
  return files.sort();
}
