import type { Digest } from "@imagespec/oci";

/** The entity tag of content with a digest. */
export function etagOf(digest: Digest): string {
  return `"${digest}"`;
}

/**
 * Whether an `If-Match` or `If-None-Match` header names a digest, which is `undefined` when there is nothing (RFC 9110, section 13.1). Digests
 * without quotes, as some clients send them, count too.
 */
export function matchesEtag(header: string, digest: Digest | undefined): boolean {
  if (digest === undefined) return false;
  return header
    .split(",")
    .map((tag) => tag.trim().replace(/^W\//, ""))
    .some((tag) => tag === "*" || tag === etagOf(digest) || tag === digest);
}
