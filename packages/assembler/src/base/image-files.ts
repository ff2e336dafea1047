import type { TarHeader } from "@imagespec/image-store";

/** What stands at a path after all layers so far. */
export interface ImageNode {
  readonly type: "file" | "directory" | "symlink" | "other";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Links only, as stored. */
  readonly target?: string;
}

/** Links that Linux follows in one path, and characters that it takes. */
const maxLinks = 40;
const maxPath = 4096;

/** The files of an image, without their content: layers are applied one after the other. Paths have no slash at their ends. */
export class ImageFiles {
  readonly #nodes = new Map<string, ImageNode>();
  /** Folder → what is right below it, also folders that no layer lists: whiteouts and lookups must not go through everything. */
  readonly #children = new Map<string, Set<string>>();

  get(path: string): ImageNode | undefined {
    return this.#nodes.get(path);
  }

  entries(): IterableIterator<[string, ImageNode]> {
    return this.#nodes.entries();
  }

  /** Paths right below a folder that is named without links. */
  below(folder: string): Iterable<string> {
    return this.#children.get(folder) ?? [];
  }

  /**
   * Applies one entry of a layer. Returns the path that it stands at, or nothing for a whiteout.
   *
   * @param written paths that this layer has written: an opaque whiteout hides only what is below
   */
  apply(header: TarHeader, written: Set<string>): string | undefined {
    const path = cleanPath(header.path);
    // No kernel would unpack the longer ones.
    if (path === undefined || path === "" || path.length > maxPath) return undefined;
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    const parent = slash < 0 ? "" : path.slice(0, slash);
    if (name === ".wh..wh..opq") {
      this.#deleteBelow(parent, written);
      return undefined;
    }
    if (name.startsWith(".wh.")) {
      const hidden = parent === "" ? name.slice(4) : `${parent}/${name.slice(4)}`;
      this.#deleteBelow(hidden, written);
      if (!written.has(hidden)) this.#delete(hidden);
      return undefined;
    }
    const { mode, uid, gid } = header;
    const target = header.type === "symlink" ? { target: header.linkPath ?? "" } : {};
    if (header.type !== "directory" && this.#nodes.get(path)?.type === "directory") this.#deleteBelow(path, new Set());
    const hardlinked = header.type === "hardlink" ? this.#nodes.get(cleanPath(header.linkPath ?? "") ?? "") : undefined;
    this.#nodes.set(path, hardlinked ?? { type: nodeType(header.type), mode, uid, gid, ...target });
    this.#link(path);
    written.add(path);
    return path;
  }

  #link(path: string): void {
    for (let child = path; child !== ""; child = parentOf(child)) {
      const siblings = this.#children.get(parentOf(child));
      if (siblings?.has(child) === true) return;
      if (siblings === undefined) this.#children.set(parentOf(child), new Set([child]));
      else siblings.add(child);
    }
  }

  /** Folders that no layer lists go with the last entry below them. */
  #delete(path: string): void {
    this.#nodes.delete(path);
    for (let child = path; child !== "" && !this.#nodes.has(child) && !this.#children.has(child); ) {
      const parent = parentOf(child);
      const siblings = this.#children.get(parent);
      siblings?.delete(child);
      if (siblings !== undefined && siblings.size > 0) return;
      this.#children.delete(parent);
      child = parent;
    }
  }

  #deleteBelow(folder: string, kept: ReadonlySet<string>): void {
    for (const path of [...this.below(folder)]) {
      this.#deleteBelow(path, kept);
      if (!kept.has(path)) this.#delete(path);
    }
  }

  /** Follows all links of a path inside the image; nothing when it leads nowhere or in circles. */
  resolve(path: string): string | undefined {
    const pending = partsOf(path).reverse();
    let real = "";
    for (let links = 0; ; ) {
      const part = pending.pop();
      if (part === undefined) return real;
      if (part === ".") continue;
      if (part === "..") {
        real = parentOf(real);
        continue;
      }
      const next = real === "" ? part : `${real}/${part}`;
      if (next.length > maxPath) return undefined;
      const node = this.#nodes.get(next);
      if (node?.type !== "symlink") {
        // Layers need not list the folders of what they hold.
        if (node === undefined && pending.length === 0 && !this.#children.has(next)) return undefined;
        real = next;
        continue;
      }
      const target = node.target ?? "";
      if (++links > maxLinks || target.length > maxPath) return undefined;
      pending.push(...partsOf(target).reverse());
      // Links that lead into each other pile up more than any path has.
      if (pending.length > maxPath) return undefined;
      if (target.startsWith("/")) real = "";
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "");
}

function nodeType(type: TarHeader["type"]): ImageNode["type"] {
  if (type === "file" || type === "directory" || type === "symlink") return type;
  return type === "hardlink" ? "file" : "other";
}

/** Without leading and trailing slashes and `./`; nothing for a path that leaves the root. */
export function cleanPath(path: string): string | undefined {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? undefined : parts.join("/");
}
