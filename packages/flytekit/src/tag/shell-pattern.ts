import { tagFailure } from "../errors/flytekit-error.ts";

/**
 * A pattern of the Docker SDK for Python, which knows no difference between upper and lower case: `*` and `?` stop at slashes, a
 * `**` in front of a slash is any number of folders, and at the end anything.
 *
 * @throws FLYTEKIT_TAG for a range that runs backwards
 */
export function shellPattern(pattern: string): (path: string) => boolean {
  const expression = new RegExp(`^${translate([...pattern.toLowerCase()])}\\n?$`, "u");
  return (path) => expression.test(path.toLowerCase());
}

function translate(pattern: readonly string[]): string {
  let out = "";
  let position = 0;
  while (position < pattern.length) {
    const character = pattern[position++] ?? "";
    if (character === "*") {
      if (pattern[position] !== "*") {
        out += "[^/]*";
        continue;
      }
      position++;
      if (pattern[position] === "/") position++;
      out += position >= pattern.length ? "[^\\n]*" : "(?:[^\\n]*/)?";
    } else if (character === "?") out += "[^/]";
    else if (character === "[") {
      const end = closingBracket(pattern, position);
      if (end === undefined) out += "\\[";
      else {
        out += characterClass(pattern.slice(position, end));
        position = end + 1;
      }
    } else out += escaped(character);
  }
  return out;
}

/** The bracket that ends a class; one right at its start is a member. */
function closingBracket(pattern: readonly string[], start: number): number | undefined {
  let position = start;
  if (pattern[position] === "!") position++;
  if (pattern[position] === "]") position++;
  const end = pattern.indexOf("]", position);
  return end === -1 ? undefined : end;
}

function characterClass(members: readonly string[]): string {
  const isNegated = members[0] === "!";
  const rest = isNegated ? members.slice(1) : members;
  let out = isNegated ? "[^" : "[";
  for (let position = 0; position < rest.length; position++) {
    const from = rest[position] ?? "";
    const to = rest[position + 2];
    if (rest[position + 1] !== "-" || to === undefined) {
      out += escaped(from);
      continue;
    }
    if ((from.codePointAt(0) ?? 0) > (to.codePointAt(0) ?? 0)) {
      const text = `bad character range ${from}-${to}`;
      throw tagFailure({ type: "error", text, field: "source_root", hint: "correct the range in .dockerignore" });
    }
    out += `${escaped(from)}-${escaped(to)}`;
    position += 2;
  }
  return `${out}]`;
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
