import { tagFailure } from "../errors/flytekit-error.ts";
import { formatString } from "./format-string.ts";

/**
 * `format.format(spec_hash=hash)`: Python's format language over the one keyword `spec_hash`.
 *
 * @throws FLYTEKIT_TAG with the exception that Python ends with
 */
export function pythonFormat(format: string, hash: string): string {
  return expand([...format], hash, 2);
}

function expand(text: readonly string[], hash: string, depth: number): string {
  if (depth === 0) throw failure("ValueError", "Max string recursion exceeded");
  let out = "";
  let position = 0;
  while (position < text.length) {
    const character = text[position++] ?? "";
    if (character !== "{" && character !== "}") {
      out += character;
      continue;
    }
    const isLast = position >= text.length;
    if (!isLast && text[position] === character) {
      out += character;
      position++;
      continue;
    }
    if (character === "}") throw failure("ValueError", "Single '}' encountered in format string");
    if (isLast) throw failure("ValueError", "Single '{' encountered in format string");
    const field = readField(text, position);
    position = field.end;
    const value = convert(lookUp(field.name, hash), field.conversion);
    out += formatString(value, field.isNested ? expand(field.spec, hash, depth - 1) : field.spec.join(""));
  }
  return out;
}

interface Field {
  readonly name: readonly string[];
  readonly conversion: string | undefined;
  readonly spec: readonly string[];
  readonly isNested: boolean;
  /** Where the text after it begins. */
  readonly end: number;
}

function readField(text: readonly string[], start: number): Field {
  let position = start;
  let stop = "";
  while (position < text.length) {
    const character = text[position++] ?? "";
    if (character === "{") throw failure("ValueError", "unexpected '{' in field name");
    if (character === "[") while (position < text.length && text[position] !== "]") position++;
    if (character === "}" || character === ":" || character === "!") {
      stop = character;
      break;
    }
  }
  if (stop === "") throw failure("ValueError", "expected '}' before end of string");
  const name = text.slice(start, position - 1);
  if (stop === "}") return { name, conversion: undefined, spec: [], isNested: false, end: position };
  let conversion: string | undefined;
  if (stop === "!") {
    if (position >= text.length) throw failure("ValueError", "end of string while looking for conversion specifier");
    conversion = text[position++];
    if (position < text.length) {
      const next = text[position++];
      if (next === "}") return { name, conversion, spec: [], isNested: false, end: position };
      if (next !== ":") throw failure("ValueError", "expected ':' after conversion specifier");
    }
  }
  const begin = position;
  let open = 1;
  let isNested = false;
  while (position < text.length) {
    const character = text[position++];
    if (character === "{") {
      open++;
      isNested = true;
    } else if (character === "}" && --open === 0) {
      return { name, conversion, spec: text.slice(begin, position - 1), isNested, end: position };
    }
  }
  throw failure("ValueError", "unmatched '{' in format spec");
}

/** The value of `spec_hash`, `spec_hash[3]`. */
function lookUp(name: readonly string[], hash: string): string {
  const split = name.findIndex((character) => character === "." || character === "[");
  const first = (split === -1 ? name : name.slice(0, split)).join("");
  if (first === "" || /^\d+$/.test(first)) {
    const text = `Replacement index ${first === "" ? 0 : Number(first)} out of range for positional args tuple`;
    throw failure("IndexError", text);
  }
  if (first !== "spec_hash") throw failure("KeyError", `'${first}'`);
  let value = hash;
  let position = split === -1 ? name.length : split;
  while (position < name.length) {
    const opener = name[position++];
    if (opener !== "." && opener !== "[")
      throw failure("ValueError", "Only '.' or '[' may follow ']' in format field specifier");
    const begin = position;
    while (position < name.length && !isEnd(opener, name[position])) position++;
    if (opener === "[" && position >= name.length) throw failure("ValueError", "Missing ']' in format string");
    const key = name.slice(begin, position).join("");
    if (opener === "[") position++;
    if (key === "") throw failure("ValueError", "Empty attribute in format string");
    value = opener === "." ? attribute(key) : item(value, key);
  }
  return value;
}

function isEnd(opener: string, character: string | undefined): boolean {
  return opener === "[" ? character === "]" : character === "." || character === "[";
}

function item(value: string, key: string): string {
  if (!/^\d+$/.test(key)) throw failure("TypeError", "string indices must be integers, not 'str'");
  const found = [...value][Number(key)];
  if (found === undefined) throw failure("IndexError", "string index out of range");
  return found;
}

function attribute(name: string): never {
  // Attributes that a str has are methods, whose text holds an address: no tag that one could find again.
  throw failure("AttributeError", `'str' object has no attribute '${name}'`);
}

function convert(value: string, conversion: string | undefined): string {
  if (conversion === undefined || conversion === "s") return value;
  // A tag's hash holds letters, digits and underscores only.
  if (conversion === "r" || conversion === "a") return `'${value}'`;
  const shown =
    conversion > " " && conversion < "\x7f" ? conversion : `\\x${(conversion.codePointAt(0) ?? 0).toString(16)}`;
  throw failure("ValueError", `Unknown conversion specifier ${shown}`);
}

function failure(type: string, text: string): Error {
  return tagFailure({
    type,
    text,
    field: "tag_format",
    hint: 'write the hash as "{spec_hash}", and braces of your own twice',
  });
}
