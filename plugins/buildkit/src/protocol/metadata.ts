/** What a caller says beside its messages: all values of each name, in order. */
export type Metadata = ReadonlyMap<string, readonly string[]>;

/** Reads name, value, name, value, … as they came. (Node.js itself joins repeated headers, and then a comma may be part of a value.) */
export function metadataOf(rawHeaders: readonly string[]): Metadata {
  const values = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = decodeUtf8(rawHeaders[index + 1] ?? "");
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  return values;
}

/** Header values arrive with one character per byte. */
function decodeUtf8(value: string): string {
  return /[\x80-\xff]/.test(value) ? Buffer.from(value, "latin1").toString("utf8") : value;
}

/**
 * The values of `name`. BuildKit escapes them as in a query when one of them is not ASCII, and says so in `<name>-encoded`.
 */
export function metadataValues(metadata: Metadata, name: string): readonly string[] {
  const values = metadata.get(name) ?? [];
  const encoded = metadata.get(`${name}-encoded`)?.[0];
  return encoded === "1" || encoded === "true" ? values.map(decodeQuery) : values;
}

function decodeQuery(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", " "));
  } catch (error) {
    if (error instanceof URIError) return value;
    throw error;
  }
}
