import { createHash } from "node:crypto";

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

/** CRC32C (Castagnoli) in base64 of its big-endian bytes, as Cloud Storage writes it. */
export function crc32c(bytes: Uint8Array): string {
  let value = 0xffffffff;
  for (const byte of bytes) value = (table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  const out = Buffer.alloc(4);
  out.writeUInt32BE((value ^ 0xffffffff) >>> 0);
  return out.toString("base64");
}

/** MD5 in base64. */
export function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("base64");
}
