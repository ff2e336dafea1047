import type { ImageFile } from "./image-file.ts";

/**
 * The path that a path leads to inside an image, symbolic links followed as in a container: an absolute target starts at the
 * image's root and `..` does not leave it. Nothing when it does not exist or goes round in a circle.
 */
export function resolveInImage(files: ReadonlyMap<string, ImageFile>, path: string): string | undefined {
  let links = 0;
  let at = "";
  const left = path.split("/");
  while (left.length > 0) {
    const part = left.shift() ?? "";
    if (part === "" || part === ".") continue;
    if (part === "..") {
      at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
      continue;
    }
    const next = `${at}/${part}`;
    const file = files.get(next);
    if (file?.type !== "symlink") {
      at = next;
      continue;
    }
    if (++links > 40) return undefined;
    const target = file.linkPath ?? "";
    if (target.startsWith("/")) at = "";
    left.unshift(...target.split("/"));
  }
  return files.has(at) ? at : undefined;
}
