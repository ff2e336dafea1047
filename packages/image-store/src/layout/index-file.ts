import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpecError, isImageSpecError, systemCodeOf } from "@imagespec/errors";
import { type Descriptor, encodeManifest, type ImageIndex, mediaTypes, parseImageIndex } from "@imagespec/oci";
import { onDisk } from "../disk/on-disk.ts";
import { PartialFolder } from "../disk/partial-folder.ts";
import { renameIntoPlace } from "../disk/rename-into-place.ts";
import { withFileLock } from "../lock/with-file-lock.ts";

const emptyIndex: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] };

/** The `index.json` of a layout. */
export class IndexFile {
  readonly #path: string;
  readonly #partial: PartialFolder;

  constructor(root: string) {
    this.#path = join(root, "index.json");
    this.#partial = new PartialFolder(root);
  }

  async #read(): Promise<ImageIndex | undefined> {
    try {
      return parseImageIndex(await onDisk(this.#path, () => readFile(this.#path)));
    } catch (error) {
      if (systemCodeOf(error) === "ENOENT") return undefined;
      if (!isImageSpecError(error, "MANIFEST_INVALID")) throw error;
      throw new ImageSpecError("STORE_CORRUPT", `"${this.#path}" is not an image index: ${error.message}`, {
        hint: "Repair the file, or delete it: the images lose their names, their content remains",
        cause: error,
        details: { path: this.#path },
      });
    }
  }

  /** @throws STORE_CORRUPT, STORE_UNUSABLE */
  async entries(): Promise<readonly Descriptor[]> {
    return (await this.#read())?.manifests ?? [];
  }

  /** Writes an empty index where there is none. @throws STORE_CORRUPT, STORE_UNUSABLE, DISK_FULL */
  async ensure(): Promise<void> {
    if ((await this.#read()) === undefined) await this.update((entries) => entries);
  }

  /**
   * Replaces the entries by what `change` makes of them; no other process changes them meanwhile.
   *
   * @throws STORE_CORRUPT, STORE_UNUSABLE, DISK_FULL, ABORTED
   */
  async update(
    change: (entries: readonly Descriptor[]) => readonly Descriptor[] | Promise<readonly Descriptor[]>,
    signal?: AbortSignal,
  ): Promise<void> {
    const lock = join(this.#partial.path, "index.json.lock");
    const options = signal === undefined ? {} : { signal };
    await withFileLock(lock, () => this.#replace(change), options);
  }

  async #replace(
    change: (entries: readonly Descriptor[]) => readonly Descriptor[] | Promise<readonly Descriptor[]>,
  ): Promise<void> {
    const before = await this.#read();
    const index = before ?? emptyIndex;
    const manifests = await change(index.manifests);
    if (before !== undefined && JSON.stringify(manifests) === JSON.stringify(index.manifests)) return;
    const { bytes } = encodeManifest({ ...index, manifests });
    await using file = await this.#partial.temporaryFile(".json");
    // Unlike content, names cannot be found again: they are flushed before they replace the earlier ones.
    await onDisk(file.path, () => writeFile(file.path, bytes, { flag: "wx", flush: true }));
    await renameIntoPlace(file.path, this.#path);
  }
}
