import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { crc32, createInflateRaw, inflateRaw } from "node:zlib";
import { ImageSpecError, messageOf } from "@imagespec/errors";
import { dataOffset, locateDirectory, maxEndRecord, parseDirectory, type ZipEntry } from "./zip-directory.ts";

const inflate = promisify(inflateRaw);
const chunkSize = 1024 * 1024;
/** Entries up to this size are inflated in one call, which is several times faster than a stream. */
const wholeLimit = 8 * 1024 * 1024;

/** An open zip archive. */
export interface ZipFile {
  /** In the order of the central directory. */
  readonly entries: readonly ZipEntry[];
  /** The bytes of an entry as they stand in the archive: deflated, or stored. @throws WHEEL_INVALID */
  raw(entry: ZipEntry): AsyncIterable<Buffer>;
  /** The content of an entry; size and CRC are checked at its end. @throws WHEEL_INVALID */
  content(entry: ZipEntry): AsyncIterable<Buffer>;
  /** The whole content of a small entry. @throws WHEEL_INVALID also when it is larger than `maxSize` (default 64 MiB) */
  read(entry: ZipEntry, maxSize?: number): Promise<Buffer>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a zip archive strictly: everything that two readers could understand differently is refused.
 *
 * @throws WHEEL_INVALID naming the file and the entry
 */
export async function openZip(file: string): Promise<ZipFile> {
  const handle = await open(file, "r");
  try {
    const archive = path.basename(file);
    const { size } = await handle.stat();
    const tail = await readAt(handle, archive, Math.max(0, size - maxEndRecord), Math.min(size, maxEndRecord));
    const location = locateDirectory(archive, tail, size);
    const directory = await readAt(handle, archive, location.offset, location.size);
    const entries = parseDirectory(archive, directory, location.entries);
    const limits = checkOverlap(archive, entries, location.offset);
    return new OpenZip(handle, archive, entries, limits);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class OpenZip implements ZipFile {
  readonly entries: readonly ZipEntry[];
  readonly #handle: FileHandle;
  readonly #archive: string;
  /** Offset of an entry's header → where its data has to end. */
  readonly #limits: ReadonlyMap<number, number>;

  constructor(handle: FileHandle, archive: string, entries: readonly ZipEntry[], limits: ReadonlyMap<number, number>) {
    this.#handle = handle;
    this.#archive = archive;
    this.entries = entries;
    this.#limits = limits;
  }

  async *raw(entry: ZipEntry): AsyncGenerator<Buffer> {
    const header = await readAt(
      this.#handle,
      this.#archive,
      entry.localHeaderOffset,
      30 + Buffer.byteLength(entry.name),
    );
    let at = dataOffset(this.#archive, entry, header.subarray(0, 30), header.subarray(30));
    const end = at + entry.compressedSize;
    // Extra fields of a local header are in no directory: they could move the data into that of the next entry.
    if (end > (this.#limits.get(entry.localHeaderOffset) ?? end))
      throw this.#invalid(`has data that "${entry.name}" shares with what follows it`);
    while (at < end) {
      const chunk = await readAt(this.#handle, this.#archive, at, Math.min(chunkSize, end - at));
      at += chunk.length;
      yield chunk;
    }
  }

  async *content(entry: ZipEntry): AsyncGenerator<Buffer> {
    let crc = 0;
    let size = 0;
    for await (const chunk of this.#inflated(entry)) {
      crc = crc32(chunk, crc);
      size += chunk.length;
      if (size > entry.size) break;
      yield chunk;
    }
    if (size !== entry.size || crc !== entry.crc32) {
      throw this.#invalid(`holds other data for "${entry.name}" than its directory states (size or CRC)`);
    }
  }

  async read(entry: ZipEntry, maxSize = 64 * 1024 * 1024): Promise<Buffer> {
    if (entry.size > maxSize)
      throw this.#invalid(`has ${entry.size} bytes in "${entry.name}", more than the limit of ${maxSize}`);
    const chunks: Buffer[] = [];
    for await (const chunk of this.content(entry)) chunks.push(chunk);
    return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#inflated(entry: ZipEntry): AsyncGenerator<Buffer> {
    if (entry.method === "stored") {
      yield* this.raw(entry);
      return;
    }
    try {
      if (entry.compressedSize <= wholeLimit && entry.size <= wholeLimit) {
        const chunks: Buffer[] = [];
        for await (const chunk of this.raw(entry)) chunks.push(chunk);
        yield await inflate(Buffer.concat(chunks), { maxOutputLength: Math.max(1, entry.size) });
      } else {
        yield* Readable.from(this.raw(entry)).pipe(createInflateRaw({ chunkSize }));
      }
    } catch (cause) {
      if (cause instanceof ImageSpecError) throw cause;
      throw this.#invalid(`has damaged data for "${entry.name}": ${messageOf(cause)}`, cause);
    }
  }

  #invalid(problem: string, cause?: unknown): ImageSpecError {
    return new ImageSpecError("WHEEL_INVALID", `"${this.#archive}" ${problem}`, {
      hint: "download the wheel again, or report it to its publisher and pin another version",
      details: { file: this.#archive },
      cause,
    });
  }
}

async function readAt(handle: FileHandle, archive: string, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) {
      throw new ImageSpecError("WHEEL_INVALID", `"${archive}" ends before its data does`, {
        hint: "download the wheel again",
        details: { file: archive },
      });
    }
    done += bytesRead;
  }
  return buffer;
}

/**
 * Data that two entries share would be seen once by one reader and twice by another, and is how zip bombs are made.
 *
 * @returns for the offset of each entry's header, where the next header or the directory begins
 */
function checkOverlap(
  archive: string,
  entries: readonly ZipEntry[],
  directoryOffset: number,
): ReadonlyMap<number, number> {
  const sorted = [...entries].sort((a, b) => a.localHeaderOffset - b.localHeaderOffset);
  let end = 0;
  for (const [position, entry] of sorted.entries()) {
    const first = position === 0 && entry.localHeaderOffset !== 0;
    if (entry.localHeaderOffset < end || first) {
      throw new ImageSpecError("WHEEL_INVALID", `"${archive}" has data before or across the entry "${entry.name}"`, {
        hint: "report the wheel to its publisher and pin another version",
        details: { file: archive },
      });
    }
    end = entry.localHeaderOffset + 30 + Buffer.byteLength(entry.name) + entry.compressedSize;
  }
  if (end > directoryOffset) {
    throw new ImageSpecError("WHEEL_INVALID", `"${archive}" has an entry that reaches into its central directory`, {
      hint: "download the wheel again",
      details: { file: archive },
    });
  }
  return new Map(
    sorted.map(({ localHeaderOffset }, position) => [
      localHeaderOffset,
      sorted[position + 1]?.localHeaderOffset ?? directoryOffset,
    ]),
  );
}
