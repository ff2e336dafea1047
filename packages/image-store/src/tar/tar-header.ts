import { isUtf8 } from "node:buffer";
import { ImageSpecError } from "@imagespec/errors";
import { formatPax, paxFieldKeys } from "./pax.ts";
import type { TarEntryType, TarHeader } from "./tar-entry.ts";
import { encodeTarText } from "./tar-text.ts";

const blockSize = 512;
const nameSize = 100;
const prefixSize = 155;

const typeFlags: Readonly<Record<TarEntryType, number>> = {
  file: 0x30,
  hardlink: 0x31,
  symlink: 0x32,
  "character-device": 0x33,
  "block-device": 0x34,
  directory: 0x35,
  fifo: 0x36,
};
const paxFlag = 0x78;
const magic: Uint8Array = Buffer.from("ustar\x0000", "latin1");

const nothing = new Uint8Array(0);

/** The end of every archive: two empty blocks. */
export const tarTrailer: Uint8Array = new Uint8Array(2 * blockSize);

/** Zero bytes that fill the last block of a content of this size. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((blockSize - (size % blockSize)) % blockSize);
}

function refuse(path: string, reason: string): never {
  throw new ImageSpecError("INTERNAL", `no tar entry can be written for ${JSON.stringify(path)}: ${reason}`);
}

/** Splits at the last slash that leaves both halves within their fields. */
function splitPath(path: Uint8Array): { readonly name: Uint8Array; readonly prefix: Uint8Array } | undefined {
  if (path.length <= nameSize) return { name: path, prefix: nothing };
  const searched = path.length > prefixSize + 1 ? prefixSize + 1 : path.length - 1;
  const slash = path.lastIndexOf(0x2f, searched - 1);
  const nameLength = path.length - slash - 1;
  if (slash <= 0 || nameLength === 0 || nameLength > nameSize) return undefined;
  return { name: path.subarray(slash + 1), prefix: path.subarray(0, slash) };
}

/** What a reader without pax support sees in place of a name that does not fit. */
function fallbackName(name: Uint8Array): Uint8Array {
  return name.subarray(0, nameSize).map((byte) => (byte < 0x80 ? byte : 0x5f));
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte >= 0x80) return false;
  return true;
}

/** Octal digits with leading zeros; the field's last byte stays NUL. */
function putOctal(block: Uint8Array, offset: number, width: number, value: number): void {
  let rest = value;
  for (let at = offset + width - 2; at >= offset; at--) {
    // Not `>> 3`: sizes have more than 32 bits.
    block[at] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
}

/** Six digits, NUL, space, over the block with the field itself full of spaces. */
function putChecksum(block: Uint8Array): void {
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  putOctal(block, 148, 7, sum);
  block[154] = 0;
}

interface BlockFields {
  readonly name: Uint8Array;
  readonly prefix: Uint8Array;
  readonly typeFlag: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly link: Uint8Array;
  readonly devMajor: number;
  readonly devMinor: number;
}

function formatBlock(fields: BlockFields): Uint8Array {
  const block = new Uint8Array(blockSize);
  block.set(fields.name, 0);
  putOctal(block, 100, 8, fields.mode);
  putOctal(block, 108, 8, fields.uid);
  putOctal(block, 116, 8, fields.gid);
  putOctal(block, 124, 12, fields.size);
  putOctal(block, 136, 12, fields.mtime);
  block[156] = fields.typeFlag;
  block.set(fields.link, 157);
  block.set(magic, 257);
  putOctal(block, 329, 8, fields.devMajor);
  putOctal(block, 337, 8, fields.devMinor);
  block.set(fields.prefix, 345);
  putChecksum(block);
  return block;
}

/** A number that fits the octal digits of its field, or 0 with a pax record holding it. */
function fitNumber(value: number, digits: number, key: string, pax: Map<string, string>): number {
  if (value >= 0 && value < 8 ** digits && Number.isInteger(value)) return value;
  pax.set(key, Number.isInteger(value) ? String(value) : value.toFixed(9).replace(/\.?0+$/, ""));
  return 0;
}

/** Whether a text needs a pax record although it would fit: plain ustar fields have no encoding but ASCII. */
function needsEncoding(bytes: Uint8Array): boolean {
  // Bytes that are no UTF-8 go into the field as they are, like GNU tar does: a pax record would claim an encoding.
  return !isAscii(bytes) && isUtf8(bytes);
}

function assertWritable(header: Omit<TarHeader, "uname" | "gname">): void {
  const { path, linkPath, type } = header;
  if (path === "" || path.includes("\0")) refuse(path, "its path is empty or holds a NUL");
  if (type !== "directory" && path.endsWith("/")) refuse(path, "its path ends with a slash");
  const isLink = type === "symlink" || type === "hardlink";
  if (isLink && (linkPath === undefined || linkPath === "" || linkPath.includes("\0")))
    refuse(path, "its link target is empty or holds a NUL");
  for (const value of [header.size, header.uid, header.gid])
    if (!Number.isSafeInteger(value) || value < 0) refuse(path, `${value} is not a size or owner`);
  if (!(Math.abs(header.mtime) <= Number.MAX_SAFE_INTEGER)) refuse(path, `mtime ${header.mtime} is not a time`);
  for (const device of [header.devMajor ?? 0, header.devMinor ?? 0])
    if (!Number.isInteger(device) || device < 0 || device >= 8 ** 7) refuse(path, `device number ${device} is too big`);
  for (const key of Object.keys(header.pax ?? {}))
    if (!/^[^=\0\n]+$/.test(key)) refuse(path, `pax key ${JSON.stringify(key)} is not allowed`);
}

/**
 * The header blocks of one entry: plain ustar, preceded by a pax header where a value does not fit. The same header gives the
 * same bytes for ever (digests of layers depend on them): no names of users, sizes only for files, directories end in a slash.
 *
 * Content follows as is, then {@link tarPadding}; the archive ends with {@link tarTrailer}.
 *
 * @throws INTERNAL for a value that no tar header can hold
 */
export function tarHeader(header: Omit<TarHeader, "uname" | "gname">): Uint8Array {
  assertWritable(header);
  const extra = header.pax === undefined ? [] : Object.entries(header.pax);
  const pax = new Map(extra.filter(([key]) => !paxFieldKeys.has(key)));
  const pathText = header.type === "directory" ? `${header.path.replace(/\/+$/, "")}/` : header.path;
  const path = encodeTarText(pathText);
  const linkText = header.type === "symlink" || header.type === "hardlink" ? (header.linkPath ?? "") : "";
  const link = encodeTarText(linkText);
  const split = needsEncoding(path) ? undefined : splitPath(path);
  const linkFits = link.length <= nameSize && !needsEncoding(link);
  if (split === undefined) pax.set("path", pathText);
  if (!linkFits) pax.set("linkpath", linkText);
  if ((split === undefined && !isUtf8(path)) || (!linkFits && !isUtf8(link))) pax.set("hdrcharset", "BINARY");
  const fields: BlockFields = {
    name: split?.name ?? fallbackName(path),
    prefix: split?.prefix ?? nothing,
    typeFlag: typeFlags[header.type],
    mode: header.mode & 0o7777,
    uid: fitNumber(header.uid, 7, "uid", pax),
    gid: fitNumber(header.gid, 7, "gid", pax),
    size: header.type === "file" ? fitNumber(header.size, 11, "size", pax) : 0,
    mtime: fitNumber(header.mtime, 11, "mtime", pax),
    link: linkFits ? link : fallbackName(link),
    devMajor: header.devMajor ?? 0,
    devMinor: header.devMinor ?? 0,
  };
  const block = formatBlock(fields);
  if (pax.size === 0) return block;
  const body = formatPax(pax);
  const base = pathText.replace(/\/+$/, "").split("/").at(-1) ?? "";
  const paxBlock = formatBlock({
    ...fields,
    name: fallbackName(encodeTarText(`PaxHeaders/${base}`)),
    prefix: nothing,
    typeFlag: paxFlag,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: body.length,
    mtime: 0,
    link: nothing,
    devMajor: 0,
    devMinor: 0,
  });
  return Buffer.concat([paxBlock, body, tarPadding(body.length), block]);
}
