const astral = /[\uD800-\uDFFF]/;

/** Orders texts by their UTF-8 bytes, on every machine and in every locale alike. */
export function compareBytes(a: string, b: string): number {
  // Code units and UTF-8 bytes order alike unless surrogates are in play.
  if (!astral.test(a) && !astral.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
