import { ImageSpecError } from "@imagespec/errors";
import type { Json } from "../spec/json.ts";

const surrogate = /\p{Surrogate}/u;

/**
 * The one text of a JSON value (RFC 8785): keys sorted by UTF-16 code units, no white space, numbers as ECMAScript prints them.
 *
 * @throws SPEC_VALUE for what JSON cannot carry: NaN, infinities, half surrogate pairs
 */
export function canonicalJson(value: Json): string {
  if (typeof value === "string") return text(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new ImageSpecError("SPEC_VALUE", `"${value}" is not a JSON number`);
    return JSON.stringify(value);
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${text(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

function text(value: string): string {
  if (surrogate.test(value)) {
    throw new ImageSpecError("SPEC_VALUE", `${JSON.stringify(value)} contains half of a surrogate pair`);
  }
  return JSON.stringify(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
