const alphabet = "abcdefghijklmnopqrstuvwxyz234567";

/** Lower-case base32 (RFC 4648) without padding. */
export function base32(bytes: Uint8Array): string {
  let out = "";
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += alphabet.charAt((pending >> bits) & 31);
    }
    pending &= (1 << bits) - 1;
  }
  return bits === 0 ? out : out + alphabet.charAt((pending << (5 - bits)) & 31);
}
