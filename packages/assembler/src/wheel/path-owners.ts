import { ImageSpecError } from "@imagespec/errors";

/** A file that a distribution brings. */
export interface OwnedFile {
  /** Relative to the root of the image. */
  readonly path: string;
  /** Of the content. */
  readonly hash: string;
}

/** Who brings which path; two distributions may bring the same content for one path, nothing else. */
export class PathOwners {
  readonly #files = new Map<string, { readonly owner: string; readonly hash: string }>();
  readonly #folders = new Map<string, string>();

  /** @throws WHEEL_CONFLICT naming both distributions and the path. Returns whether the path was there already. */
  add(owner: string, { path, hash }: OwnedFile): boolean {
    const before = this.#files.get(path);
    if (before !== undefined) {
      if (before.hash !== hash) throw conflict(path, before.owner, owner, "with different content");
      return true;
    }
    const folder = this.#folders.get(path);
    if (folder !== undefined) throw conflict(path, folder, owner, "one as a folder, one as a file");
    this.#files.set(path, { owner, hash });
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
      const parent = path.slice(0, slash);
      if (this.#folders.has(parent)) break;
      const file = this.#files.get(parent);
      if (file !== undefined) throw conflict(parent, file.owner, owner, "one as a file, one as a folder");
      this.#folders.set(parent, owner);
    }
    return false;
  }
}

function conflict(path: string, first: string, second: string, how: string): ImageSpecError {
  return new ImageSpecError("WHEEL_CONFLICT", `"${first}" and "${second}" both bring "/${path}", ${how}`, {
    hint: "remove one of them, or pin versions that do not bring the same file",
    details: { path: `/${path}`, distributions: [first, second] },
  });
}
