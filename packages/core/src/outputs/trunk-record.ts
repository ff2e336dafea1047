import { type Digest, isDigest } from "@imagespec/oci";

/** The image to which the source of a record's image was appended: what was resolved stands in the record of that one. */
export function trunkOfRecord(record: Uint8Array): Digest | undefined {
  const digest = memberOf(memberOf(memberOf(parse(record), "record"), "trunk"), "digest");
  return isDigest(digest) ? digest : undefined;
}

/** A record together with what the record of its trunk says was installed. */
export function withResolution(record: Uint8Array, below: Uint8Array): Uint8Array {
  const [own, other] = [parse(record), parse(below)];
  if (typeof own !== "object" || own === null) return record;
  return new TextEncoder().encode(JSON.stringify({ ...own, resolution: memberOf(other, "resolution") ?? null }));
}

function parse(record: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(record));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
