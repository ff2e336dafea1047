import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, stat, truncate, unlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCodeOf } from "@imagespec/errors";
import type { Files } from "./files.ts";

/** Unfinished files live here, on the same file system as what they become. */
export const partialFolder = "partial";

/** {@link Files} in a folder. */
export function createFolderFiles(root: string): Files {
  const at = (path: string): string => join(root, path);

  async function move(from: string, to: string): Promise<void> {
    const handle = await open(at(from), "r+");
    try {
      // Without this a power cut could leave a file that has its final name and none of its content.
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await mkdir(dirname(at(to)), { recursive: true });
    await rename(at(from), at(to));
  }

  return {
    volatile: false,

    read: (path) => absent(() => readFile(at(path)), undefined),

    size: (path) => absent(async () => (await stat(at(path))).size, undefined),

    open: (path, start, end) => createReadStream(at(path), { start, end: end - 1, highWaterMark: 256 * 1024 }),

    async write(path, bytes) {
      const partial = `${partialFolder}/${randomUUID()}.file`;
      await withFolder(at(partial), async () => {
        const handle = await open(at(partial), "wx");
        try {
          await handle.writeFile(bytes);
        } finally {
          await handle.close();
        }
      });
      await move(partial, path);
    },

    async append(path, offset, chunks, onChunk) {
      // "r+" keeps what is there, "a" would ignore the offset, "w" would empty it.
      const handle = await withFolder(at(path), () => open(at(path), offset === 0 ? "w" : "r+"));
      try {
        let position = offset;
        for await (const chunk of chunks) {
          for (let written = 0; written < chunk.length; ) {
            const { bytesWritten } = await handle.write(chunk, written, chunk.length - written, position + written);
            written += bytesWritten;
          }
          position += chunk.length;
          onChunk(chunk);
        }
      } finally {
        await handle.close();
      }
    },

    truncate: (path, size) => truncate(at(path), size),

    move,

    async touch(path) {
      const now = new Date();
      await absent(() => utimes(at(path), now, now), undefined);
    },

    remove: (path) =>
      absent(async () => {
        await unlink(at(path));
        return true;
      }, false),

    list: (folder) => absent(() => readdir(at(folder)), []),
  };
}

async function absent<T, U>(operation: () => Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await operation();
  } catch (error) {
    const code = systemCodeOf(error);
    // ENOTDIR: a tag or digest asked below something that is a file.
    if (code === "ENOENT" || code === "ENOTDIR") return otherwise;
    throw error;
  }
}

async function withFolder<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (systemCodeOf(error) !== "ENOENT") throw error;
    await mkdir(dirname(path), { recursive: true });
    return operation();
  }
}
