import { randomBytes } from "node:crypto";
import { rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { systemCodeOf } from "@imagespec/errors";
import { makeFolder } from "./make-folder.ts";
import { onDisk } from "./on-disk.ts";
import { removeStale } from "./remove-stale.ts";

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

  /** Removes what crashed processes left behind. */
  async removeStale(): Promise<void> {
    await removeStale(this.path);
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
}
