import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import type { SourceFile, SourceTree } from "./source-tree.ts";

/** Files up to this size are read at once: for many small files that is several times as fast as streams. */
const smallFile = 1024 * 1024;
/** Files up to this size are checked before a byte of them is handed out. */
const checkedAtOnce = 4 * 1024 * 1024;

/** A source tree on disk. */
export class ResolvedSourceTree implements SourceTree {
  readonly files: readonly SourceFile[];
  readonly size: number;
  readonly #places: ReadonlyMap<string, string>;
  readonly #walk: (signal: AbortSignal | undefined) => Promise<readonly SourceFile[]>;

  constructor(
    files: readonly SourceFile[],
    /** Destination → absolute path. */
    places: ReadonlyMap<string, string>,
    walk: (signal: AbortSignal | undefined) => Promise<readonly SourceFile[]>,
  ) {
    this.files = Object.freeze(files);
    this.size = files.reduce((sum, file) => sum + file.size, 0);
    this.#places = places;
    this.#walk = walk;
    Object.freeze(this);
  }

  async *open(file: SourceFile): AsyncGenerator<Uint8Array, void, undefined> {
    if (file.kind === "directory") return;
    if (file.kind === "symlink") {
      yield Buffer.from(file.linkTarget ?? "");
      return;
    }
    const path = this.#places.get(file.destination);
    if (path === undefined) {
      throw new ImageSpecError("INTERNAL", `"${file.destination}" is not a file of this source tree`);
    }
    if (file.size <= smallFile) {
      yield readSmall(file, path);
      return;
    }
    const hash = createHash("sha256");
    const held: Uint8Array[] = [];
    let size = 0;
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
        hash.update(chunk);
        size += chunk.length;
        if (size > file.size) throw changed(file, path);
        if (file.size <= checkedAtOnce) held.push(chunk);
        else yield chunk;
      }
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
      throw changed(file, path, error);
    }
    if (`sha256:${hash.digest("hex")}` !== file.digest) throw changed(file, path);
    yield* held;
  }

  async verify(signal?: AbortSignal): Promise<void> {
    const now = new Map((await this.#walk(signal)).map((file) => [file.destination, file]));
    const before = new Map(this.files.map((file) => [file.destination, file]));
    const removed = [...before.keys()].filter((destination) => !now.has(destination));
    const added = [...now.keys()].filter((destination) => !before.has(destination));
    const edited = [...before.values()].flatMap((file) => {
      const other = now.get(file.destination);
      return other === undefined ||
        (other.digest === file.digest && other.executable === file.executable && other.kind === file.kind)
        ? []
        : [file.destination];
    });
    const [first] = [...edited, ...added, ...removed];
    if (first === undefined) return;
    const count = edited.length + added.length + removed.length;
    throw new ImageSpecError(
      "SOURCE_CHANGED",
      `"${first}" ${count === 1 ? "" : `and ${count - 1} more `}changed after the fingerprint was computed`,
      {
        hint: "build again once the files are at rest",
        details: { edited, added, removed },
      },
    );
  }
}

/** @throws SOURCE_CHANGED */
function readSmall(file: SourceFile, path: string): Uint8Array {
  // Room for a byte more, to see that it grew.
  const buffer = Buffer.allocUnsafe(file.size + 1);
  let size = 0;
  try {
    const descriptor = openSync(path, "r");
    try {
      for (let read = -1; read !== 0 && size < buffer.length; size += read) {
        read = readSync(descriptor, buffer, size, buffer.length - size, null);
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    throw changed(file, path, error);
  }
  const bytes = buffer.subarray(0, size);
  if (`sha256:${createHash("sha256").update(bytes).digest("hex")}` !== file.digest) throw changed(file, path);
  return bytes;
}

function changed(file: SourceFile, path: string, cause?: unknown): ImageSpecError {
  return new ImageSpecError("SOURCE_CHANGED", `"${file.destination}" changed after the fingerprint was computed`, {
    hint: "build again once the files are at rest",
    details: { file: path },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The tree of a spec without source. */
export const emptySourceTree: SourceTree = new ResolvedSourceTree([], new Map(), async () => []);
