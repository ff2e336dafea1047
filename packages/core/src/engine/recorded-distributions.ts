/** What a record says was installed; nothing when it is of another form. */
export function recordedDistributions(
  record: Uint8Array,
): readonly { readonly name: string; readonly version: string }[] | undefined {
  const value = parse(new TextDecoder().decode(record));
  const distributions = memberOf(memberOf(value, "resolution"), "distributions");
  if (!Array.isArray(distributions)) return undefined;
  return distributions.flatMap((entry: unknown) => {
    const [name, version] = [memberOf(entry, "name"), memberOf(entry, "version")];
    return typeof name === "string" && typeof version === "string" ? [{ name, version }] : [];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
