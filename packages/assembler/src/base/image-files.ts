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

const maxLinks = 40;

/** The files of an image, without their content: layers are applied one after the other. Paths have no slash at their ends. */
export class ImageFiles {
  readonly #nodes = new Map<string, ImageNode>();

  get(path: string): ImageNode | undefined {
    return this.#nodes.get(path);
  }

  entries(): IterableIterator<[string, ImageNode]> {
    return this.#nodes.entries();
  }

  /**
   * Applies one entry of a layer. Returns the path that it stands at, or nothing for a whiteout.
   *
   * @param written paths that this layer has written: an opaque whiteout hides only what is below
   */
  apply(header: TarHeader, written: Set<string>): string | undefined {
    const path = cleanPath(header.path);
    if (path === undefined || path === "") return undefined;
    const slash = path.lastIndexOf("/");
    const name = path.slice(slash + 1);
    const parent = slash < 0 ? "" : path.slice(0, slash);
    if (name === ".wh..wh..opq") {
      this.#deleteBelow(parent, written);
      return undefined;
    }
    if (name.startsWith(".wh.")) {
      const hidden = parent === "" ? name.slice(4) : `${parent}/${name.slice(4)}`;
      if (!written.has(hidden)) this.#nodes.delete(hidden);
      this.#deleteBelow(hidden, written);
      return undefined;
    }
    const { mode, uid, gid } = header;
    const target = header.type === "symlink" ? { target: header.linkPath ?? "" } : {};
    if (header.type !== "directory" && this.#nodes.get(path)?.type === "directory") this.#deleteBelow(path, new Set());
    const hardlinked = header.type === "hardlink" ? this.#nodes.get(cleanPath(header.linkPath ?? "") ?? "") : undefined;
    this.#nodes.set(path, hardlinked ?? { type: nodeType(header.type), mode, uid, gid, ...target });
    written.add(path);
    return path;
  }

  #deleteBelow(folder: string, kept: ReadonlySet<string>): void {
    const prefix = folder === "" ? "" : `${folder}/`;
    for (const path of this.#nodes.keys()) {
      if (path.startsWith(prefix) && !kept.has(path)) this.#nodes.delete(path);
    }
  }

  /** Follows all links of a path inside the image; nothing when it leads nowhere or in circles. */
  resolve(path: string): string | undefined {
    let pending = path.split("/").filter((part) => part !== "");
    let real: string[] = [];
    for (let links = 0; ; ) {
      const part = pending.shift();
      if (part === undefined) return real.join("/");
      if (part === ".") continue;
      if (part === "..") {
        real.pop();
        continue;
      }
      const next = [...real, part].join("/");
      const node = this.#nodes.get(next);
      if (node?.type !== "symlink") {
        // Layers need not list the folders of what they hold.
        if (node === undefined && pending.length === 0 && !this.#hasBelow(next)) return undefined;
        real.push(part);
        continue;
      }
      if (++links > maxLinks) return undefined;
      const target = node.target ?? "";
      pending = [...target.split("/").filter((piece) => piece !== ""), ...pending];
      if (target.startsWith("/")) real = [];
    }
  }

  #hasBelow(folder: string): boolean {
    for (const path of this.#nodes.keys()) if (path.startsWith(`${folder}/`)) return true;
    return false;
  }
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
