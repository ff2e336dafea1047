import type { ImageFile } from "./image-file.ts";

/** The files of the layers that were applied so far, by absolute path. */
export class FlattenedView {
  readonly files: Map<string, ImageFile> = new Map();
  /** Every folder that some file was ever in: only they can have something below them. */
  readonly #folders = new Set<string>();

  /** Adds a file of the next layer; what is no folder hides everything that was below that path. */
  set(path: string, file: ImageFile): void {
    if (file.type !== "directory") this.removeBelow(path);
    this.files.set(path, file);
    let folder = path.slice(0, path.lastIndexOf("/"));
    while (folder !== "" && !this.#folders.has(folder)) {
      this.#folders.add(folder);
      folder = folder.slice(0, folder.lastIndexOf("/"));
    }
  }

  remove(path: string): void {
    this.files.delete(path);
    this.removeBelow(path);
  }

  /** @param path the empty text is the root */
  removeBelow(path: string): void {
    if (path !== "" && !this.#folders.has(path)) return;
    for (const known of this.files.keys()) if (known.startsWith(`${path}/`)) this.files.delete(known);
  }
}
