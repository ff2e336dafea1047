import { damagedTar } from "./damaged-tar.ts";
import { decodeTarText } from "./tar-text.ts";

/** The fields of one header block, before extensions. */
export interface TarBlock {
  readonly typeFlag: string;
  readonly path: string;
  readonly linkPath: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly uname: string;
  readonly gname: string;
  readonly devMajor: number;
  readonly devMinor: number;
}

function textField(block: Uint8Array, offset: number, width: number): string {
  const field = block.subarray(offset, offset + width);
  const end = field.indexOf(0);
  return decodeTarText(end < 0 ? field : field.subarray(0, end));
}

/** Base-256: the first bit marks it, the rest is a big-endian two's complement number. */
function binaryNumber(field: Uint8Array): number {
  const negative = ((field[0] ?? 0) & 0x40) !== 0;
  let value = 0n;
  field.forEach((byte, index) => {
    const digit = index === 0 ? byte & 0x7f : byte;
    value = (value << 8n) | BigInt(digit);
  });
  if (negative) value -= 1n << BigInt(field.length * 8 - 1);
  return Number(value);
}

function numberField(block: Uint8Array, offset: number, width: number, at: number, name: string): number {
  const field = block.subarray(offset, offset + width);
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const value = binaryNumber(field);
    if (!Number.isSafeInteger(value)) throw damagedTar(at, `${name} is out of range`);
    return value;
  }
  const text = decodeTarText(field).replace(/^[\0 ]+|[\0 ].*$/gs, "");
  if (!/^[0-7]*$/.test(text)) throw damagedTar(at, `${name} ${JSON.stringify(text)} is not an octal number`);
  return text === "" ? 0 : Number.parseInt(text, 8);
}

/** Old writers summed signed bytes; both sums are accepted. */
function assertChecksum(block: Uint8Array, at: number): void {
  let unsigned = 0;
  let signed = 0;
  block.forEach((byte, index) => {
    const value = index >= 148 && index < 156 ? 0x20 : byte;
    unsigned += value;
    signed += value < 0x80 ? value : value - 0x100;
  });
  const stored = numberField(block, 148, 8, at, "the checksum");
  if (stored !== unsigned && stored !== signed) throw damagedTar(at, "wrong header checksum");
}

/** Length of the prefix field: ustar has 155 bytes, star 131 (times follow), GNU and v7 none (GNU has times there). */
function prefixWidth(block: Uint8Array): number {
  if (textField(block, 257, 6) !== "ustar") return 0;
  return textField(block, 508, 4) === "tar" ? 131 : 155;
}

/**
 * Parses one header block: v7, ustar, star or GNU.
 *
 * @param at where the block starts in the archive, for messages
 * @throws STORE_CORRUPT
 */
export function parseTarBlock(block: Uint8Array, at: number): TarBlock {
  assertChecksum(block, at);
  const magic = textField(block, 257, 5);
  const isExtended = magic === "ustar";
  const prefix = textField(block, 345, prefixWidth(block));
  const name = textField(block, 0, 100);
  const flag = block[156] ?? 0;
  const size = numberField(block, 124, 12, at, "the size");
  if (size < 0) throw damagedTar(at, "the size is negative");
  return {
    typeFlag: flag === 0 ? "0" : String.fromCharCode(flag),
    path: prefix === "" ? name : `${prefix}/${name}`,
    linkPath: textField(block, 157, 100),
    mode: numberField(block, 100, 8, at, "the mode") & 0o7777,
    uid: numberField(block, 108, 8, at, "the uid"),
    gid: numberField(block, 116, 8, at, "the gid"),
    size,
    mtime: numberField(block, 136, 12, at, "the mtime"),
    uname: isExtended ? textField(block, 265, 32) : "",
    gname: isExtended ? textField(block, 297, 32) : "",
    devMajor: isExtended ? numberField(block, 329, 8, at, "the device") : 0,
    devMinor: isExtended ? numberField(block, 337, 8, at, "the device") : 0,
  };
}
