import { ImageSpecError } from "@imagespec/errors";
import { comparePaths } from "./compare-paths.ts";
import type { LayerEntry } from "./layer-entry.ts";
import type { FolderAttributes, Placement } from "./placement.ts";

/** The entries of one layer, at their real places on its base, with every parent folder. */
export class LayerTree {
  readonly #entries = new Map<string, LayerEntry>();
  readonly #placement: Placement;

  constructor(placement: Placement) {
    this.#placement = placement;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The entry at a real path. */
  get(path: string): LayerEntry | undefined {
    return this.#entries.get(path);
  }

  /** Adds an entry; one that is already at its place gives way. Returns the real path. @throws INTERNAL for a path that leaves the root */
  add(entry: LayerEntry): string {
    assertPath(entry.path);
    const isFolder = entry.type === "directory";
    const path = isFolder ? this.#placement.folder(entry.path) : this.#placement.file(entry.path);
    this.#addParents(path);
    this.#entries.set(path, { ...entry, path });
    return path;
  }

  /** Adds a folder; without attributes it keeps those it has. */
  addFolder(path: string, attributes?: FolderAttributes): void {
    const real = this.#placement.folder(path);
    if (real === "" || (attributes === undefined && this.#entries.has(real))) return;
    this.add({ path: real, type: "directory", ...(attributes ?? this.#placement.attributes(real)) });
  }

  #addParents(path: string): void {
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
      const parent = path.slice(0, slash);
      if (this.#entries.has(parent)) return;
      this.#entries.set(parent, { path: parent, type: "directory", ...this.#placement.attributes(parent) });
    }
  }

  /** Sorted by path. */
  sorted(): readonly LayerEntry[] {
    return [...this.#entries.values()].sort((a, b) => comparePaths(a.path, b.path));
  }
}

/** Parts of paths that a layer cannot hold: they lead elsewhere, or are whiteouts. */
export function isUnsafePart(part: string): boolean {
  return part === "" || part === "." || part === ".." || part.includes("\0") || part.startsWith(".wh.");
}

function assertPath(path: string): void {
  if (!path.split("/").some(isUnsafePart)) return;
  throw new ImageSpecError("INTERNAL", `"${path}" is not a path that a layer can hold`);
}
