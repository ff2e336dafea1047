import { ImageSpecError } from "@imagespec/errors";

/** Top-level folders that are links into `usr`. */
const merged: ReadonlySet<string> = new Set(["bin", "sbin", "lib", "lib32", "lib64", "libx32", "libo32"]);

/** Whether a path is one of the top-level links of a merged system itself. */
export function isAliasPath(path: string): boolean {
  return merged.has(path);
}

/**
 * Path of the tree for a name in a package: relative, without `./` and the slash at the end, with `/bin`, `/sbin` and
 * `/lib*` moved into `usr`. The root itself is `""`.
 *
 * Debian 12 packages still ship files below `/lib`: as real folders in a layer they would hide the links of a merged system
 * and with them the dynamic loader.
 *
 * @throws DEBIAN_INDEX for names that leave the tree.
 */
export function packagePath(name: string): string {
  const path = relativePath(name);
  return merged.has(path.split("/", 1)[0] ?? "") ? `usr/${path}` : path;
}

/** Like {@link packagePath}, without moving anything. */
export function relativePath(name: string): string {
  const path = name.replace(/^\.?\//, "").replace(/\/+$/, "");
  if (path === "" || path === ".") return "";
  if (path.includes("\0") || path.split("/").some((part) => part === "" || part === "." || part === "..")) {
    throw new ImageSpecError("DEBIAN_INDEX", `a Debian package holds the unsafe path "${name}"`);
  }
  return path;
}

/** Folders above a path, outermost first. */
export function parentPaths(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Orders paths by their UTF-8 bytes, on which every machine agrees. */
export function comparePaths(left: string, right: string): number {
  // UTF-16 order differs from byte order only for surrogates; those are rare enough to pay for.
  return left === right ? 0 : Buffer.compare(Buffer.from(left), Buffer.from(right));
}
