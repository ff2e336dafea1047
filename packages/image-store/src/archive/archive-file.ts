import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { decompress } from "../compression/decompress.ts";
import { FileWriter } from "../disk/file-writer.ts";
import { onDisk } from "../disk/on-disk.ts";
import { readFileRange } from "../disk/read-file-range.ts";
import { FileByteSource } from "../tar/file-byte-source.ts";
import { readTarEntries } from "../tar/read-tar-entries.ts";

const maxLinks = 8;

/** Where a file of an archive is. */
export interface ArchivedFile {
  readonly offset: number;
  readonly size: number;
}

async function openArchive(path: string): Promise<FileHandle> {
  try {
    return await onDisk(path, () => open(path, "r"));
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
    throw new ImageSpecError("IMAGE_NOT_FOUND", `there is no archive "${path}"`, {
      hint: "Check the path",
      cause: error,
      details: { path },
    });
  }
}

async function isCompressed(file: FileHandle): Promise<boolean> {
  const magic = Buffer.alloc(4);
  await file.read(magic, 0, 4, 0);
  return magic.readUInt16BE(0) === 0x1f8b || magic.readUInt32BE(0) === 0x28b52ffd;
}

/** A path as links and manifests mean it: without `./`, relative to the root of the archive. */
function normalize(path: string): string {
  return posix.normalize(`/${path}`).slice(1);
}

/** An open tar file whose entries are known by path and can be read in any order. */
export class ArchiveFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #files: ReadonlyMap<string, ArchivedFile>;
  readonly #links: ReadonlyMap<string, string>;
  readonly #cleanUp: () => Promise<void>;

  private constructor(
    path: string,
    handle: FileHandle,
    entries: { readonly files: ReadonlyMap<string, ArchivedFile>; readonly links: ReadonlyMap<string, string> },
    cleanUp: () => Promise<void>,
  ) {
    this.path = path;
    this.#handle = handle;
    this.#files = entries.files;
    this.#links = entries.links;
    this.#cleanUp = cleanUp;
  }

  /**
   * Opens an archive and finds its entries. A compressed one, which cannot be read in any order, is unpacked to a temporary file.
   *
   * @throws IMAGE_NOT_FOUND, STORE_CORRUPT, STORE_UNUSABLE, DISK_FULL
   */
  static async open(path: string): Promise<ArchiveFile> {
    const handle = await openArchive(path);
    try {
      if (!(await onDisk(path, () => isCompressed(handle))))
        return await ArchiveFile.#index(path, handle, async () => {});
    } catch (error) {
      await handle.close();
      throw error;
    }
    const folder = await mkdtemp(join(tmpdir(), "imagespec-archive-"));
    const cleanUp = (): Promise<void> => rm(folder, { recursive: true, force: true });
    try {
      const plain = await ArchiveFile.#unpack(handle, join(folder, "archive.tar"));
      return await ArchiveFile.#index(path, plain, cleanUp);
    } catch (error) {
      await cleanUp();
      throw error;
    } finally {
      await handle.close();
    }
  }

  static async #unpack(handle: FileHandle, target: string): Promise<FileHandle> {
    const writer = await FileWriter.create(target);
    let isComplete = false;
    try {
      const { size } = await handle.stat();
      for await (const chunk of decompress(readFileRange(handle, 0, size))) await writer.write(chunk);
      isComplete = true;
    } finally {
      await (isComplete ? writer.finish() : writer.abandon());
    }
    return open(target, "r");
  }

  static async #index(path: string, handle: FileHandle, cleanUp: () => Promise<void>): Promise<ArchiveFile> {
    const files = new Map<string, ArchivedFile>();
    const links = new Map<string, string>();
    const { size } = await onDisk(path, () => handle.stat());
    for await (const { header, contentOffset } of readTarEntries(new FileByteSource(handle, size))) {
      const name = normalize(header.path);
      if (header.type === "file") files.set(name, { offset: contentOffset, size: header.size });
      else if (header.type === "hardlink") links.set(name, normalize(header.linkPath ?? ""));
      // Old versions of `docker save` link equal layers to each other.
      else if (header.type === "symlink")
        links.set(name, normalize(posix.join(posix.dirname(name), header.linkPath ?? "")));
    }
    return new ArchiveFile(path, handle, { files, links }, cleanUp);
  }

  /** The file at a path, through links. */
  find(path: string): ArchivedFile | undefined {
    let name = normalize(path);
    for (let hops = 0; hops < maxLinks; hops++) {
      const file = this.#files.get(name);
      if (file !== undefined) return file;
      const target = this.#links.get(name);
      if (target === undefined) return undefined;
      name = target;
    }
    return undefined;
  }

  stream(file: ArchivedFile, length: number = file.size): AsyncIterable<Uint8Array> {
    return readFileRange(this.#handle, file.offset, file.offset + Math.min(length, file.size));
  }

  /** Small files whole. @throws STORE_CORRUPT when it is larger than `maxSize` */
  async read(file: ArchivedFile, maxSize: number): Promise<Uint8Array> {
    if (file.size > maxSize) throw this.damaged(`a document in it has ${file.size} bytes, more than ${maxSize}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.stream(file)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  damaged(reason: string, cause?: unknown): ImageSpecError {
    return new ImageSpecError("STORE_CORRUPT", `the archive "${this.path}" is damaged: ${reason}`, {
      hint: "Write the archive anew",
      ...(cause === undefined ? {} : { cause }),
      details: { path: this.path },
    });
  }

  async close(): Promise<void> {
    await this.#handle.close();
    await this.#cleanUp();
  }
}
