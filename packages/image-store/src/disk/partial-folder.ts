import { randomBytes } from "node:crypto";
import { opendir, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "@imagespec/errors";
import { makeFolder } from "./make-folder.ts";
import { onDisk } from "./on-disk.ts";

const staleAfterMs = 24 * 60 * 60 * 1000;

/** A file that does not exist yet; whatever is there is removed on disposal. */
export interface TemporaryFile {
  readonly path: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The folder where files are written before they are renamed to where they belong. */
export class PartialFolder {
  readonly path: string;

  constructor(parent: string) {
    this.path = join(parent, "partial");
  }

  /** A free name that says which process made it; the folder exists. @throws STORE_UNUSABLE, DISK_FULL */
  async temporaryFile(suffix = ""): Promise<TemporaryFile> {
    await makeFolder(this.path);
    const path = join(this.path, `${process.pid}-${randomBytes(8).toString("hex")}${suffix}`);
    return { path, [Symbol.asyncDispose]: () => onDisk(path, () => rm(path, { force: true, recursive: true })) };
  }

  /** Removes what crashed processes left behind: everything not written to for a day. A missing folder is clean. */
  async removeStale(): Promise<void> {
    try {
      for await (const { name } of await opendir(this.path)) await this.#removeIfStale(join(this.path, name));
    } catch (error) {
      // Cleaning is a courtesy: a folder that another user owns, or that is on a read-only disk, still can be read from.
      if (!["ENOENT", "EACCES", "EPERM", "EROFS"].includes(systemCodeOf(error) ?? "")) throw error;
    }
  }

  /** Removes the folder itself when nothing is in it. */
  async removeIfEmpty(): Promise<void> {
    try {
      await rmdir(this.path);
    } catch (error) {
      if (!["ENOENT", "ENOTEMPTY", "EEXIST", "EACCES", "EPERM", "EROFS"].includes(systemCodeOf(error) ?? ""))
        throw error;
    }
  }

  async #removeIfStale(file: string): Promise<void> {
    try {
      const { mtimeMs } = await stat(file);
      if (Date.now() - mtimeMs > staleAfterMs) await rm(file, { force: true, recursive: true });
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT") throw error; // Another process finished with it.
    }
  }
}
