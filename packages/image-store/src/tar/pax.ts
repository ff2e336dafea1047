import { damagedTar } from "./damaged-tar.ts";
import { decodeTarText, encodeTarText } from "./tar-text.ts";

/** Pax records that have a field of their own in a header. */
export const paxFieldKeys: ReadonlySet<string> = new Set([
  "path",
  "linkpath",
  "size",
  "mtime",
  "uid",
  "gid",
  "uname",
  "gname",
  "hdrcharset",
]);

const textKeys = new Set(["path", "linkpath", "uname", "gname"]);

/**
 * Parses the body of a pax extended header: records `<length> <key>=<value>\n`. An empty value means "take the record back".
 *
 * @param offset where the body starts in the archive, for messages
 * @throws STORE_CORRUPT
 */
export function parsePax(body: Uint8Array, offset: number): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const digits = space < 0 ? "" : decodeTarText(body.subarray(at, space));
    const length = /^[0-9]{1,10}$/.test(digits) ? Number(digits) : 0;
    const end = at + length;
    const equals = body.indexOf(0x3d, space + 1);
    if (length === 0 || end > body.length || body[end - 1] !== 0x0a || equals <= space + 1 || equals >= end)
      throw damagedTar(offset + at, "malformed pax record");
    const key = decodeTarText(body.subarray(space + 1, equals));
    const value = decodeTarText(body.subarray(equals + 1, end - 1));
    if (textKeys.has(key) && value.includes("\0")) throw damagedTar(offset + at, `pax record "${key}" holds a NUL`);
    records.set(key, value);
    at = end;
  }
  return records;
}

function formatRecord(key: string, value: string): Uint8Array {
  const body = encodeTarText(` ${key}=${value}\n`);
  let length = body.length + 1;
  // The length counts its own digits.
  while (length !== body.length + String(length).length) length = body.length + String(length).length;
  const record = new Uint8Array(length);
  record.set(encodeTarText(String(length)));
  record.set(body, length - body.length);
  return record;
}

/** The body of a pax extended header, sorted by key. */
export function formatPax(records: ReadonlyMap<string, string>): Uint8Array {
  const keys = [...records.keys()].sort((a, b) => (a < b ? -1 : 1));
  return Buffer.concat(keys.map((key) => formatRecord(key, records.get(key) ?? "")));
}
