import { createHash } from "node:crypto";
import { ImageSpecError } from "@imagespec/errors";

interface Element {
  readonly tag: number;
  /** Offset of the tag, of the content, and behind it. */
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

const stringTags: Readonly<Record<number, (bytes: Buffer) => string>> = {
  12: (bytes) => bytes.toString("utf8"), // UTF8String
  19: (bytes) => bytes.toString("utf8"), // PrintableString
  20: (bytes) => bytes.toString("latin1"), // T61String
  22: (bytes) => bytes.toString("utf8"), // IA5String
  26: (bytes) => bytes.toString("utf8"), // VisibleString
  28: (bytes) => fromUtf32(bytes), // UniversalString
  30: (bytes) => Buffer.from(bytes).swap16().toString("utf16le"), // BMPString
};

/**
 * Hash of the subject of a certificate as OpenSSL names files in a certificate folder: `openssl x509 -subject_hash`.
 *
 * The first four bytes, little endian, of the SHA-1 over the canonical form of the name: strings as UTF-8, lower case in
 * ASCII, runs of blanks as one; without the outer SEQUENCE. Source: X509_NAME_hash and x509_name_canon of OpenSSL.
 *
 * @throws DEBIAN_INDEX for what is not a certificate.
 */
export function subjectHash(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, "").replace(/\s+/g, ""), "base64");
  const [tbs] = children(der, element(der, 0));
  const fields = tbs === undefined ? [] : children(der, tbs);
  // version [0], serial, signature, issuer, validity, subject; the version may be missing.
  const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4];
  if (subject?.tag !== 0x30) throw damaged();
  const canonical = children(der, subject).map((set) => {
    const attributes = children(der, set).map((attribute) => {
      const [type, value] = children(der, attribute);
      if (type === undefined || value === undefined) throw damaged();
      return encode(0x30, [der.subarray(type.from, type.end), canonicalValue(der, value)]);
    });
    return encode(0x31, attributes.sort(Buffer.compare));
  });
  const digest = createHash("sha1").update(Buffer.concat(canonical)).digest();
  return digest.readUInt32LE(0).toString(16).padStart(8, "0");
}

function canonicalValue(der: Buffer, value: Element): Buffer {
  const decode = stringTags[value.tag];
  if (decode === undefined) return der.subarray(value.from, value.end);
  const text = decode(der.subarray(value.start, value.end))
    .replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "")
    .replace(/[ \t\n\v\f\r]+/g, " ")
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return encode(12, [Buffer.from(text)]);
}

function element(der: Buffer, from: number): Element {
  const tag = der[from];
  const first = der[from + 1];
  if (tag === undefined || first === undefined) throw damaged();
  let length = first;
  let start = from + 2;
  if (first & 0x80) {
    length = 0;
    for (let left = first & 0x7f; left > 0; left--) length = length * 256 + (der[start++] ?? 0);
  }
  const end = start + length;
  if (end > der.length) throw damaged();
  return { tag, from, start, end };
}

function children(der: Buffer, parent: Element): readonly Element[] {
  const found: Element[] = [];
  for (let at = parent.start; at < parent.end; ) {
    const child = element(der, at);
    found.push(child);
    at = child.end;
  }
  return found;
}

function encode(tag: number, parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), body]);
}

function fromUtf32(bytes: Buffer): string {
  let text = "";
  for (let at = 0; at + 4 <= bytes.length; at += 4) text += String.fromCodePoint(bytes.readUInt32BE(at));
  return text;
}

function damaged(): ImageSpecError {
  return new ImageSpecError("DEBIAN_INDEX", "a CA certificate of a Debian package is not an X.509 certificate");
}
