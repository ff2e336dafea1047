const surrogate = /[\uD800-\uDFFF]/;

/** Orders paths by their UTF-8 bytes, whatever the locale: the order of entries decides the digest of a layer. */
export function comparePaths(a: string, b: string): number {
  if (surrogate.test(a) || surrogate.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
