import { Readable } from "node:stream";
import type { Files } from "./files.ts";

interface MemoryFile {
  readonly chunks: Uint8Array[];
  size: number;
}

/** {@link Files} in memory. */
export function createMemoryFiles(): Files {
  const files = new Map<string, MemoryFile>();
  const folders = new Map<string, Map<string, number>>();

  /** Counts, for every folder above a file, the files that are reachable by each name in it. */
  function account(path: string, change: 1 | -1): void {
    const parts = path.split("/");
    for (let depth = 0; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join("/");
      const name = parts[depth] ?? "";
      const names = folders.get(folder) ?? new Map<string, number>();
      const count = (names.get(name) ?? 0) + change;
      if (count > 0) names.set(name, count);
      else names.delete(name);
      if (names.size > 0) folders.set(folder, names);
      else folders.delete(folder);
    }
  }

  function put(path: string, file: MemoryFile): void {
    if (!files.has(path)) account(path, 1);
    files.set(path, file);
  }

  function remove(path: string): boolean {
    if (!files.delete(path)) return false;
    account(path, -1);
    return true;
  }

  function existing(path: string): MemoryFile {
    const file = files.get(path);
    if (file === undefined) throw new Error(`no file "${path}" in memory`);
    return file;
  }

  return {
    volatile: true,

    async read(path) {
      const file = files.get(path);
      return file === undefined ? undefined : Buffer.concat(file.chunks);
    },

    size: async (path) => files.get(path)?.size,

    open: (path, start, end) => Readable.from(slices(existing(path).chunks, start, end), { objectMode: false }),

    async write(path, bytes) {
      // A copy: the caller's buffer may be a slice of something large, or be used again.
      put(path, { chunks: [Uint8Array.from(bytes)], size: bytes.length });
    },

    async append(path, offset, chunks, onChunk) {
      const file = files.get(path) ?? { chunks: [], size: 0 };
      put(path, file);
      cut(file, offset);
      for await (const chunk of chunks) {
        file.chunks.push(chunk);
        file.size += chunk.length;
        onChunk(chunk);
      }
    },

    async truncate(path, size) {
      cut(existing(path), size);
    },

    async move(from, to) {
      const file = existing(from);
      remove(from);
      put(to, file);
    },

    touch: async () => {},

    remove: async (path) => remove(path),

    list: async (folder) => [...(folders.get(folder)?.keys() ?? [])],
  };
}

function cut(file: MemoryFile, size: number): void {
  while (file.size > size) {
    const last = file.chunks.pop() ?? new Uint8Array();
    file.size -= last.length;
    if (file.size >= size) continue;
    const kept = last.subarray(0, size - file.size);
    file.chunks.push(kept);
    file.size += kept.length;
  }
}

function* slices(chunks: readonly Uint8Array[], start: number, end: number): Generator<Uint8Array> {
  let position = 0;
  for (const chunk of chunks) {
    const from = Math.max(start - position, 0);
    const to = Math.min(end - position, chunk.length);
    if (from < to) yield chunk.subarray(from, to);
    position += chunk.length;
    if (position >= end) return;
  }
}
