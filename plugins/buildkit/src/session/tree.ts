import type { ContextEntry } from "@imagespec/dockerfile";

/** A folder as it is sent: in the order of the protocol, with every parent there. */
export type Tree = readonly ContextEntry[];

/**
 * Puts entries in the order that the receiver insists on: folder by folder, names by their bytes. Parents that are missing are
 * added.
 */
export function createTree(entries: readonly ContextEntry[]): Tree {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    for (const parent of parentsOf(path)) {
      if (!byPath.has(parent)) byPath.set(parent, { kind: "directory", path: parent, mode: 0o755 });
    }
  }
  return [...byPath.values()]
    .map((entry) => ({ entry, key: Buffer.from(entry.path.replaceAll("/", "\0"), "utf8") }))
    .sort((left, right) => Buffer.compare(left.key, right.key))
    .map(({ entry }) => entry);
}

/** `a`, `a/b` of `a/b/c`. */
export function parentsOf(path: string): readonly string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** The mode bits in the numbering of Go's `fs.FileMode`, which the protocol speaks. */
export function goMode(entry: ContextEntry): number {
  const { mode, kind } = entry;
  let result = mode & 0o777;
  // Bitwise operators would make the highest bit a sign.
  if (kind === "directory") result += 2 ** 31;
  if (kind === "symlink") result += 2 ** 27;
  if ((mode & 0o4000) !== 0) result += 2 ** 23;
  if ((mode & 0o2000) !== 0) result += 2 ** 22;
  if ((mode & 0o1000) !== 0) result += 2 ** 20;
  return result;
}
