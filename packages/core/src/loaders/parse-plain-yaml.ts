type PlainValue = string | boolean | readonly PlainValue[] | { readonly [key: string]: PlainValue };

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** Printable ASCII: what else YAML takes as a line end, a space or a mark is none of these. */
const plainText = /^[\n\x20-\x7e]*$/;
const keyPattern = /^([A-Za-z_$][\w$./-]*):(?: +|$)/;
/** Brackets around what has none but in quotes, then perhaps a comment. */
const flowPattern =
  /^(?:\[((?:"[^"\\]*"|'[^']*'|[^[\]{}#"'])*)\]|\{((?:"[^"\\]*"|'[^']*'|[^[\]{}#"'])*)\})(?: +#.*| *)$/;
/** YAML reads these as something else than a text, or may do so. */
const reserved = /^(?:null|true|false|y|n|yes|no|on|off)$/i;

/**
 * Reads the YAML that most specs are written in: one mapping of texts, `true`, `false`, lists and mappings, each value on one
 * line or indented below its key. Nothing for all other YAML, and for what is no YAML: the full parser, which takes longer to
 * load than everything else that a build of an unchanged spec does, has the say then. What this returns, it would return too.
 */
export function parsePlainYaml(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!plainText.test(text)) return undefined;
  const lines: Line[] = [];
  for (const line of text.split("\n")) {
    const content = line.trimStart();
    if (content !== "" && !content.startsWith("#")) lines.push({ indent: line.length - content.length, text: content });
  }
  try {
    const reader = new PlainReader(lines);
    return lines[0]?.indent === 0 ? reader.document() : undefined;
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

class NotPlain extends Error {}

class PlainReader {
  readonly #lines: readonly Line[];
  #next = 0;

  constructor(lines: readonly Line[]) {
    this.#lines = lines;
  }

  document(): Readonly<Record<string, PlainValue>> {
    const mapping = this.#mapping(0);
    if (this.#next < this.#lines.length) throw new NotPlain();
    return mapping;
  }

  #mapping(indent: number): Readonly<Record<string, PlainValue>> {
    const entries: [string, PlainValue][] = [];
    for (;;) {
      const line = this.#lines[this.#next];
      if (line === undefined || line.indent < indent) return recordOf(entries);
      const match = line.indent === indent ? keyPattern.exec(line.text) : null;
      if (match === null) throw new NotPlain();
      this.#next++;
      const rest = line.text.slice(match[0].length);
      const isBelow = rest === "" || rest.startsWith("#");
      entries.push([match[1] ?? "", isBelow ? this.#below(indent) : lineValueOf(rest)]);
    }
  }

  /** The lines below a key. A list may stand as far left as its key. */
  #below(indent: number): PlainValue {
    const line = this.#lines[this.#next];
    if (line === undefined) throw new NotPlain();
    const isList = line.text.startsWith("- ");
    if (line.indent < indent || (line.indent === indent && !isList)) throw new NotPlain();
    return isList ? this.#list(line.indent) : this.#mapping(line.indent);
  }

  #list(indent: number): PlainValue {
    const items: PlainValue[] = [];
    for (;;) {
      const line = this.#lines[this.#next];
      const isItem = line?.indent === indent && line.text.startsWith("- ");
      // Whatever is not deeper belongs to a mapping around this list, which looks at it.
      if (line === undefined || line.indent < indent || (line.indent === indent && !isItem)) return items;
      if (!isItem) throw new NotPlain();
      this.#next++;
      items.push(lineValueOf(line.text.slice(2).trimStart()));
    }
  }
}

/** The value that takes up the rest of a line, but for a comment. */
function lineValueOf(text: string): PlainValue {
  const quoted = /^(?:"([^"\\]*)"|'([^']*)')(?: +#.*| *)$/.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? "";
  if (text.startsWith("[") || text.startsWith("{")) return flowOf(text);
  const comment = text.indexOf(" #");
  return scalarOf(comment === -1 ? text : text.slice(0, comment));
}

/** A list or mapping in brackets that holds scalars alone. */
function flowOf(text: string): PlainValue {
  const match = flowPattern.exec(text);
  if (match === null) throw new NotPlain();
  const inner = (match[1] ?? match[2] ?? "").trim();
  const parts = inner === "" ? [] : splitFlow(inner);
  if (match[1] !== undefined) return parts.map(flowScalarOf);
  return recordOf(
    parts.map((part) => {
      const key = keyPattern.exec(part);
      if (key === null || key[0].length === part.length) throw new NotPlain();
      return [key[1] ?? "", flowScalarOf(part.slice(key[0].length))];
    }),
  );
}

/** Splits at commas outside of quotes. */
function splitFlow(text: string): readonly string[] {
  const parts = text.match(/(?:"[^"\\]*"|'[^']*'|[^,"'])+/g) ?? [];
  // Each part, and a comma between two.
  if (parts.join(",") !== text) throw new NotPlain();
  return parts.map((part) => part.trim());
}

function flowScalarOf(text: string): PlainValue {
  const quoted = /^(?:"([^"\\]*)"|'([^']*)')$/.exec(text);
  return quoted === null ? scalarOf(text) : (quoted[1] ?? quoted[2] ?? "");
}

function scalarOf(untrimmed: string): PlainValue {
  const text = untrimmed.trimEnd();
  if (text === "true" || text === "false") return text === "true";
  // A first character that cannot begin a number or mark anything; a colon before a space would make it a mapping.
  if (!/^[A-Za-z_/]/.test(text) || /:(?: |$)/.test(text) || reserved.test(text)) {
    // An address with a port and a path: digits and dots alone could be a number.
    if (!/^\d[\w.]*:\d+\/[\w./:@-]*\w$/.test(text)) throw new NotPlain();
  }
  return text;
}

function recordOf(entries: readonly (readonly [string, PlainValue])[]): Readonly<Record<string, PlainValue>> {
  const record = Object.fromEntries(entries);
  const isOdd = entries.some(([key]) => reserved.test(key) || key === "__proto__");
  if (isOdd || Object.keys(record).length < entries.length) throw new NotPlain();
  return record;
}
