/** Owner and permissions of a folder. */
export interface FolderAttributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What is known of the folders below a layer. Paths are relative to the root, without slashes at their ends. */
export interface FolderFacts {
  /** Links that lead to a folder → that folder. */
  readonly directoryLinks: Readonly<Record<string, string>>;
  /** Folders that are not root's with mode 755. */
  readonly directories: Readonly<Record<string, FolderAttributes>>;
}

const plain: FolderAttributes = { mode: 0o755, uid: 0, gid: 0 };

/**
 * Where things go on a given base. A folder must never be written over a link of the base (a `lib/` over `/lib → usr/lib` makes
 * an image that cannot start), and the parents that a layer repeats must keep the attributes they have.
 */
export class Placement {
  readonly #facts: FolderFacts;

  constructor(facts: FolderFacts) {
    this.#facts = facts;
  }

  /** The real path of a folder. */
  folder(path: string): string {
    let real = "";
    for (const part of path.split("/")) {
      if (part === "") continue;
      const next = real === "" ? part : `${real}/${part}`;
      real = own(this.#facts.directoryLinks, next) ?? next;
    }
    return real;
  }

  /** The real path of a file or link: only the folders above it are followed. */
  file(path: string): string {
    const slash = path.lastIndexOf("/");
    if (slash < 0) return path;
    const parent = this.folder(path.slice(0, slash));
    const name = path.slice(slash + 1);
    return parent === "" ? name : `${parent}/${name}`;
  }

  /** What a folder that exists in the base has, or what a new one gets. */
  attributes(folder: string): FolderAttributes {
    return own(this.#facts.directories, folder) ?? plain;
  }

  /** Everything about a folder that changes the bytes of a layer below it; empty on a usual base. */
  key(path: string): string {
    const real = this.folder(path);
    const parts = real.split("/");
    const unusual = parts.flatMap((_, index) => {
      const parent = parts.slice(0, index + 1).join("/");
      const found = own(this.#facts.directories, parent);
      return found === undefined ? [] : [`${parent}=${found.mode.toString(8)}:${found.uid}:${found.gid}`];
    });
    return [real === path ? "" : real, ...unusual].join("|");
  }
}

/** A folder may be called "constructor", which every object has. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
