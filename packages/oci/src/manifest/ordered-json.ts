import { ImageSpecError } from "@imagespec/errors";

/** Deeper nesting than any tool writes; recursion must end before the stack does. */
const maxDepth = 200;

/** The JSON of an object with its fields in the given order; those whose JSON is undefined are left out. */
export function objectJson(fields: readonly (readonly [key: string, json: string | undefined])[]): string {
  const present = fields.filter(([, json]) => json !== undefined);
  return `{${present.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(",")}}`;
}

/** The JSON of a list whose items are JSON already. */
export function listJson(items: readonly string[]): string {
  return `[${items.join(",")}]`;
}

/**
 * The JSON of any value, the keys of objects sorted by UTF-16 code units, as RFC 8785 does; undefined for undefined.
 *
 * Not JSON.stringify of a sorted copy: JavaScript moves keys that are whole numbers to the front.
 *
 * @throws `MANIFEST_INVALID` for a value that JSON has no form for
 */
export function sortedJson(value: unknown, depth: number = 0): string | undefined {
  if (value === undefined) return undefined;
  if (depth > maxDepth)
    throw new ImageSpecError("MANIFEST_INVALID", `a value is nested deeper than ${maxDepth} levels`, {
      hint: "remove the nested value",
    });
  if (Array.isArray(value)) return listJson(value.map((item: unknown) => sortedJson(item, depth + 1) ?? "null"));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return objectJson(entries.map(([key, field]) => [key, sortedJson(field, depth + 1)]));
  }
  if (typeof value === "function" || typeof value === "symbol" || typeof value === "bigint")
    throw new ImageSpecError("MANIFEST_INVALID", `a "${typeof value}" has no form in JSON`, {
      hint: "use texts, numbers, lists and plain objects",
    });
  return JSON.stringify(value);
}
