import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { inFolder } from "./in-folder.ts";
import { onDisk } from "./on-disk.ts";

const flushAt = 1024 * 1024;

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let pending = [...chunks];
  while (pending.length > 0) {
    let { bytesWritten } = await file.writev(pending);
    // A nearly full disk takes a part first and fails on the rest.
    while (pending[0] !== undefined && bytesWritten >= pending[0].length) {
      bytesWritten -= pending[0].length;
      pending = pending.slice(1);
    }
    if (pending[0] !== undefined) pending = [pending[0].subarray(bytesWritten), ...pending.slice(1)];
  }
}

/** Writes a new file in pieces of about 1 MiB, one of them on its way to the disk while the next is collected. */
export class FileWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  #chunks: Uint8Array[] = [];
  #collected = 0;
  #flushing: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Creates the file, which must not exist, and its folder. @throws DISK_FULL, STORE_UNUSABLE */
  static async create(path: string): Promise<FileWriter> {
    return new FileWriter(path, await inFolder(dirname(path), () => open(path, "wx")));
  }

  /** The chunk must not be changed afterwards. @throws DISK_FULL, STORE_UNUSABLE */
  async write(chunk: Uint8Array): Promise<void> {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#collected += chunk.length;
    if (this.#collected >= flushAt) await this.#flush();
  }

  async #flush(): Promise<void> {
    await this.#flushing;
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#collected = 0;
    this.#flushing = onDisk(this.#path, () => writeAll(this.#file, chunks));
    // Whoever writes or closes next gets the error; until then it must not count as unhandled.
    this.#flushing.catch(() => undefined);
  }

  /** Writes what is left and closes the file. @throws DISK_FULL, STORE_UNUSABLE */
  async finish(): Promise<void> {
    try {
      await this.#flush();
      await this.#flushing;
    } finally {
      await this.#file.close();
    }
  }

  /** Closes the file without caring for what is left. */
  async abandon(): Promise<void> {
    await this.#flushing.catch(() => undefined);
    await this.#file.close();
  }
}
