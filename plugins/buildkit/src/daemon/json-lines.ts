type JsonObject = Readonly<Record<string, unknown>>;

/** Objects of a stream with one JSON text per line, as Engines send them. Lines that are no objects are left out. */
export async function* readJsonLines(
  stream: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<JsonObject, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield* parseLine(line);
  }
  yield* parseLine(rest);
}

function parseLine(line: string): readonly JsonObject[] {
  const text = line.trim();
  if (text === "") return [];
  try {
    const value: unknown = JSON.parse(text);
    // An object's fields can be looked at by name, whatever they hold.
    return typeof value === "object" && value !== null ? [value as JsonObject] : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
