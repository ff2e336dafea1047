import { ImageSpecError } from "@imagespec/errors";

/** One file of a zip archive, as its central directory describes it. */
export interface ZipEntry {
  /** Forward slashes; folders end in one. */
  readonly name: string;
  readonly method: "stored" | "deflate";
  /** Bytes in the archive. */
  readonly compressedSize: number;
  /** Bytes after inflating. */
  readonly size: number;
  readonly crc32: number;
  readonly localHeaderOffset: number;
  /** Unix mode with the file type bits; 0 when the archive was not made on Unix. */
  readonly mode: number;
  /** The sizes stand behind the data instead of in the local header. */
  readonly hasDataDescriptor: boolean;
}

/** Where the central directory is. */
export interface DirectoryLocation {
  readonly offset: number;
  readonly size: number;
  readonly entries: number;
}

/** Longest end record: 22 bytes, a comment of up to 65535, and the 76 bytes of the zip64 records before it. */
export const maxEndRecord: number = 22 + 0xffff + 76;

const maxEntries = 500_000;
const maxDirectorySize = 256 * 1024 * 1024;
/** What deflate can reach at most, with room for the rounding of tiny files. */
const maxRatio = 1100;
/** All entries together, unpacked. */
const maxUnpackedSize = 64 * 1024 * 1024 * 1024;
/** Bytes of a file name, and of a path, as Linux takes them (NAME_MAX, PATH_MAX). */
const maxNamePart = 255;
const maxName = 4096;

/** A byte order mark is part of a name: without it two names could become one. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function invalid(archive: string, problem: string): ImageSpecError {
  return new ImageSpecError("WHEEL_INVALID", `"${archive}" ${problem}`, {
    hint: "download the wheel again, or report it to its publisher and pin another version",
    details: { file: archive },
  });
}

/**
 * Finds the central directory from the last bytes of an archive.
 *
 * @param tail the last `min(fileSize, maxEndRecord)` bytes
 * @throws WHEEL_INVALID
 */
export function locateDirectory(archive: string, tail: Buffer, fileSize: number): DirectoryLocation {
  const tailStart = fileSize - tail.length;
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== 0x06054b50) continue;
    // A signature inside a comment must not count: the record has to end where the file ends.
    if (at + 22 + tail.readUInt16LE(at + 20) !== tail.length) continue;
    let entries: number = tail.readUInt16LE(at + 10);
    let size: number = tail.readUInt32LE(at + 12);
    let offset: number = tail.readUInt32LE(at + 16);
    let directoryEnd = tailStart + at;
    if (tail.readUInt16LE(at + 4) !== 0 && tail.readUInt16LE(at + 4) !== 0xffff) {
      throw invalid(archive, "is one part of an archive in several files");
    }
    if (entries === 0xffff || size === 0xffffffff || offset === 0xffffffff) {
      const locator = at - 20;
      if (locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) throw invalid(archive, "lacks its zip64 locator");
      const record = Number(tail.readBigUInt64LE(locator + 8)) - tailStart;
      if (record < 0 || record + 56 > locator || tail.readUInt32LE(record) !== 0x06064b50) {
        throw invalid(archive, "has a zip64 locator that points nowhere");
      }
      entries = Number(tail.readBigUInt64LE(record + 32));
      size = Number(tail.readBigUInt64LE(record + 40));
      offset = Number(tail.readBigUInt64LE(record + 48));
      directoryEnd = tailStart + record;
    }
    if (offset + size !== directoryEnd)
      throw invalid(archive, "has other bytes between its central directory and its end");
    if (entries > maxEntries) throw invalid(archive, `has ${entries} entries, more than the limit of ${maxEntries}`);
    if (size > maxDirectorySize) throw invalid(archive, "has a central directory of more than 256 MiB");
    return { offset, size, entries };
  }
  throw invalid(archive, "is not a zip archive: it has no end record, or bytes follow it");
}

/**
 * Reads the central directory and checks every entry by itself and against the others.
 *
 * The checks follow the attacks collected in astral-sh/uv#15136: duplicate names, escaping names, encrypted or unknown
 * methods, sizes that no deflate stream can have, symbolic links.
 *
 * @throws WHEEL_INVALID
 */
export function parseDirectory(archive: string, directory: Buffer, expected: number): readonly ZipEntry[] {
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let unpacked = 0;
  let at = 0;
  while (at < directory.length) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) {
      throw invalid(archive, "has a damaged central directory");
    }
    const nameLength = directory.readUInt16LE(at + 28);
    const extraLength = directory.readUInt16LE(at + 30);
    const end = at + 46 + nameLength + extraLength + directory.readUInt16LE(at + 32);
    if (end > directory.length) throw invalid(archive, "has a damaged central directory");
    const name = decodeName(archive, directory.subarray(at + 46, at + 46 + nameLength));
    const entry = parseEntry(
      archive,
      name,
      directory.subarray(at, at + 46),
      directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength),
    );
    if (names.has(name)) throw invalid(archive, `has two entries named "${name}"`);
    names.add(name);
    unpacked += entry.size;
    if (unpacked > maxUnpackedSize) throw invalid(archive, "unpacks to more than 64 GiB");
    entries.push(entry);
    at = end;
  }
  if (entries.length !== expected) {
    throw invalid(archive, `has ${entries.length} entries in its central directory but states ${expected}`);
  }
  return entries;
}

function parseEntry(archive: string, name: string, header: Buffer, extra: Buffer): ZipEntry {
  const flags = header.readUInt16LE(8);
  const method = header.readUInt16LE(10);
  if (flags & 1) throw invalid(archive, `has an encrypted entry "${name}"`);
  if (method !== 0 && method !== 8) throw invalid(archive, `uses compression method ${method} for "${name}"`);
  const sizes = {
    size: header.readUInt32LE(24),
    compressedSize: header.readUInt32LE(20),
    localHeaderOffset: header.readUInt32LE(42),
  };
  readZip64(archive, name, extra, sizes);
  if (method === 0 && sizes.size !== sizes.compressedSize)
    throw invalid(archive, `has a stored entry "${name}" with two different sizes`);
  if (sizes.size > sizes.compressedSize * maxRatio + 1024) {
    throw invalid(archive, `states for "${name}" a size that its compressed data cannot reach`);
  }
  // Only "made by Unix" gives the upper half of the external attributes a meaning.
  const mode = header.readUInt8(5) === 3 ? header.readUInt32LE(38) >>> 16 : 0;
  const type = mode & 0o170000;
  if (type !== 0 && type !== 0o100000 && type !== 0o040000) {
    throw invalid(archive, `has an entry "${name}" that is neither file nor folder`);
  }
  return {
    name,
    method: method === 0 ? "stored" : "deflate",
    ...sizes,
    crc32: header.readUInt32LE(16),
    mode,
    hasDataDescriptor: (flags & 8) !== 0,
  };
}

function readZip64(
  archive: string,
  name: string,
  extra: Buffer,
  sizes: { size: number; compressedSize: number; localHeaderOffset: number },
): void {
  const wanted = (["size", "compressedSize", "localHeaderOffset"] as const).filter((key) => sizes[key] === 0xffffffff);
  if (wanted.length === 0) return;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const length = extra.readUInt16LE(at + 2);
    if (length < wanted.length * 8 || at + 4 + length > extra.length) break;
    wanted.forEach((key, position) => {
      sizes[key] = Number(extra.readBigUInt64LE(at + 4 + position * 8));
    });
    if (wanted.every((key) => Number.isSafeInteger(sizes[key]))) return;
  }
  throw invalid(archive, `lacks the zip64 sizes of "${name}"`);
}

function decodeName(archive: string, bytes: Buffer): string {
  if (bytes.length > maxName) throw invalid(archive, `has an entry with a name of more than ${maxName} bytes`);
  let name: string;
  try {
    name = utf8.decode(bytes);
  } catch (cause) {
    throw new ImageSpecError("WHEEL_INVALID", `"${archive}" has an entry whose name is not UTF-8`, {
      cause,
      details: { file: archive },
    });
  }
  const parts = (name.endsWith("/") ? name.slice(0, -1) : name).split("/");
  const escapes = parts.some((part) => part === "" || part === "." || part === "..");
  if (parts.some((part) => Buffer.byteLength(part) > maxNamePart))
    throw invalid(archive, `has an entry with a name of more than ${maxNamePart} bytes: "${name.slice(0, 80)}…"`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is being refused
  if (escapes || /[\\\u0000-\u001f]/.test(name) || /^[a-zA-Z]:/.test(name)) {
    throw invalid(archive, `has an entry with the unsafe name ${JSON.stringify(name)}`);
  }
  return name;
}

/**
 * Checks an entry's local header against the central directory and returns where its data starts.
 *
 * @param header the first 30 bytes of the local header
 * @throws WHEEL_INVALID
 */
export function dataOffset(archive: string, entry: ZipEntry, header: Buffer, name: Buffer): number {
  const same =
    header.length === 30 &&
    header.readUInt32LE(0) === 0x04034b50 &&
    header.readUInt16LE(8) === (entry.method === "stored" ? 0 : 8) &&
    (header.readUInt16LE(6) & 1) === 0 &&
    ((header.readUInt16LE(6) & 8) !== 0) === entry.hasDataDescriptor &&
    header.readUInt16LE(26) === name.length &&
    name.toString("utf8") === entry.name;
  const crc = header.length === 30 ? header.readUInt32LE(14) : 0;
  const sizes = header.length === 30 ? [header.readUInt32LE(18), header.readUInt32LE(22)] : [];
  const stated = (value: number | undefined, expected: number) =>
    value === expected || value === 0xffffffff || (entry.hasDataDescriptor && value === 0);
  const agrees =
    same &&
    (crc === entry.crc32 || (entry.hasDataDescriptor && crc === 0)) &&
    stated(sizes[0], entry.compressedSize) &&
    stated(sizes[1], entry.size);
  if (!agrees) throw invalid(archive, `describes "${entry.name}" in two different ways`);
  return entry.localHeaderOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}
