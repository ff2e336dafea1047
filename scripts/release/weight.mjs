// What installing a package brings: packages and bytes on disk.
import { readdir, stat } from "node:fs/promises";
import path from "node:path";

export async function weightOf(folder) {
  let bytes = 0;
  let packages = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const full = path.join(entry.parentPath, entry.name);
    if (entry.isFile()) bytes += (await stat(full)).size;
    if (entry.name === "package.json" && /node_modules[/\\](@[^/\\]+[/\\])?[^/\\]+$/.test(entry.parentPath)) packages++;
  }
  return { bytes, packages };
}

export const formatWeight = ({ bytes, packages }) => `${packages} packages, ${(bytes / 1e6).toFixed(1)} MB`;
