import type { ByteSource } from "./byte-source.ts";
import { damagedTar } from "./damaged-tar.ts";
import { parseTarBlock, type TarBlock } from "./parse-tar-block.ts";
import { parsePax, paxFieldKeys } from "./pax.ts";
import type { TarEntry, TarEntryType, TarHeader } from "./tar-entry.ts";
import { decodeTarText } from "./tar-text.ts";

const blockSize = 512;
/** Names and extended attributes are small; a bigger header is an attack or damage. */
const maxExtensionSize = 1024 * 1024;
/** Global records count for every entry that follows; real archives have one or two. */
const maxGlobalRecords = 100;

const types: Readonly<Record<string, TarEntryType>> = {
  "0": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "character-device",
  "4": "block-device",
  "5": "directory",
  "6": "fifo",
  "7": "file",
};

/** What extension headers say of the entry that follows. */
interface Extensions {
  readonly pax: ReadonlyMap<string, string>;
  readonly longPath: string | undefined;
  readonly longLink: string | undefined;
}

/** An entry with the place of its content, for readers that can seek. */
export interface LocatedTarEntry extends TarEntry {
  readonly contentOffset: number;
}

function paddedSize(size: number): number {
  return Math.ceil(size / blockSize) * blockSize;
}

function isZero(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

async function readExtension(source: ByteSource, block: TarBlock, at: number): Promise<Uint8Array> {
  if (block.size > maxExtensionSize) throw damagedTar(at, `an extension header of ${block.size} bytes`);
  const body = await source.read(block.size);
  const padding = paddedSize(block.size) - block.size;
  if (body.length < block.size || (await source.skip(padding)) < padding)
    throw damagedTar(source.offset, "the archive ends within an extension header");
  return body;
}

function untilNul(body: Uint8Array): string {
  const end = body.indexOf(0);
  return decodeTarText(end < 0 ? body : body.subarray(0, end));
}

function paxNumber(pax: ReadonlyMap<string, string>, key: string, at: number): number | undefined {
  const text = pax.get(key);
  if (text === undefined) return undefined;
  const value = Number(text);
  const isTime = key === "mtime";
  if (!(isTime ? /^-?[0-9]+(\.[0-9]*)?$/ : /^[0-9]+$/).test(text) || Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw damagedTar(at, `pax record "${key}" holds ${JSON.stringify(text)}`);
  return value;
}

function buildHeader(block: TarBlock, extensions: Extensions, at: number): TarHeader {
  const { pax } = extensions;
  if (block.typeFlag === "S" || [...pax.keys()].some((key) => key.startsWith("GNU.sparse.")))
    throw damagedTar(at, "sparse files are not supported");
  const path = pax.get("path") ?? extensions.longPath ?? block.path;
  const plain = types[block.typeFlag];
  if (plain === undefined) throw damagedTar(at, `unknown entry type ${JSON.stringify(block.typeFlag)}`);
  // Before ustar a directory was a file whose name ends in a slash.
  const type = plain === "file" && path.endsWith("/") ? "directory" : plain;
  const shownPath = type === "directory" && path !== "/" ? path.replace(/\/+$/, "") : path;
  if (shownPath === "") throw damagedTar(at, "an entry without a name");
  const linkPath = pax.get("linkpath") ?? extensions.longLink ?? block.linkPath;
  const uname = pax.get("uname") ?? block.uname;
  const gname = pax.get("gname") ?? block.gname;
  const others = [...pax].filter(([key]) => !paxFieldKeys.has(key));
  const isDevice = type === "character-device" || type === "block-device";
  return {
    path: shownPath,
    type,
    mode: block.mode,
    uid: paxNumber(pax, "uid", at) ?? block.uid,
    gid: paxNumber(pax, "gid", at) ?? block.gid,
    // Some writers give links the size of what they point to; only files have content.
    size: type === "file" ? (paxNumber(pax, "size", at) ?? block.size) : 0,
    mtime: paxNumber(pax, "mtime", at) ?? block.mtime,
    ...(type === "symlink" || type === "hardlink" ? { linkPath } : {}),
    ...(uname === "" ? {} : { uname }),
    ...(gname === "" ? {} : { gname }),
    ...(others.length === 0 ? {} : { pax: Object.fromEntries(others) }),
    ...(isDevice ? { devMajor: block.devMajor, devMinor: block.devMinor } : {}),
  };
}

/** The next block that is not an extension, with what the extensions before it said; nothing at the end of the archive. */
async function readHeader(
  source: ByteSource,
  globals: Map<string, string>,
): Promise<{ readonly header: TarHeader; readonly at: number } | undefined> {
  let local: ReadonlyMap<string, string> | undefined;
  let longPath: string | undefined;
  let longLink: string | undefined;
  for (;;) {
    const at = source.offset;
    const bytes = await source.read(blockSize);
    if (bytes.length > 0 && bytes.length < blockSize) throw damagedTar(at, "the archive ends within a header");
    if (bytes.length === 0 || isZero(bytes)) {
      if (local !== undefined || longPath !== undefined || longLink !== undefined)
        throw damagedTar(at, "the archive ends after an extension header");
      const second = bytes.length === 0 ? bytes : await source.read(blockSize);
      if (!isZero(second)) throw damagedTar(at, "an empty block between entries");
      return undefined;
    }
    const block = parseTarBlock(bytes, at);
    switch (block.typeFlag) {
      case "x":
      case "X":
        local = parsePax(await readExtension(source, block, at), at + blockSize);
        break;
      case "g":
        for (const [key, value] of parsePax(await readExtension(source, block, at), at + blockSize))
          globals.set(key, value);
        if (globals.size > maxGlobalRecords) throw damagedTar(at, `more than ${maxGlobalRecords} global pax records`);
        break;
      case "L":
        longPath = untilNul(await readExtension(source, block, at));
        break;
      case "K":
        longLink = untilNul(await readExtension(source, block, at));
        break;
      case "V":
        await source.skip(paddedSize(block.size));
        break;
      default: {
        const merged = new Map([...globals, ...(local ?? [])]);
        const pax = new Map([...merged].filter(([, value]) => value !== ""));
        return { header: buildHeader(block, { pax, longPath, longLink }, at), at };
      }
    }
  }
}

/**
 * Reads entry after entry until the end of the archive.
 *
 * @throws STORE_CORRUPT for damage, sparse files and unknown entry types, with the offset in `details`
 */
export async function* readTarEntries(source: ByteSource): AsyncGenerator<LocatedTarEntry> {
  const globals = new Map<string, string>();
  for (;;) {
    const next = await readHeader(source, globals);
    if (next === undefined) return;
    const { header } = next;
    const contentOffset = source.offset;
    const end = contentOffset + header.size;
    let isCurrent = true;
    const content = async function* (): AsyncGenerator<Uint8Array> {
      if (!isCurrent) throw new TypeError(`the content of "${header.path}" must be read before the next entry`);
      for await (const piece of source.stream(end - source.offset)) {
        yield piece;
        if (!isCurrent) throw new TypeError(`the content of "${header.path}" must be read before the next entry`);
      }
      if (source.offset < end) throw damagedTar(source.offset, `the archive ends within "${header.path}"`);
    };
    yield { header, content: { [Symbol.asyncIterator]: content }, contentOffset };
    isCurrent = false;
    const left = contentOffset + paddedSize(header.size) - source.offset;
    if ((await source.skip(left)) < left) throw damagedTar(source.offset, `the archive ends within "${header.path}"`);
  }
}
