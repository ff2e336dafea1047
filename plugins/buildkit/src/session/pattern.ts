/**
 * A pattern of moby/patternmatcher as a regular expression: `*` and `?` stay within a name, `**` crosses folders, `[a-z]` is a
 * class, and a backslash takes what follows literally.
 */
export function compilePattern(pattern: string): RegExp {
  let source = "";
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index] ?? "";
    if (character === "*" && pattern[index + 1] === "*") {
      index++;
      if (pattern[index + 1] === "/") {
        index++;
        source += "(?:.*/)?";
      } else source += ".*";
    } else if (character === "*") source += "[^/]*";
    else if (character === "?") source += "[^/]";
    else if (character === "\\" && index + 1 < pattern.length) source += escapeCharacter(pattern[++index] ?? "");
    else if (character === "[") {
      const end = pattern.indexOf("]", index + 2);
      if (end === -1) source += "\\[";
      else {
        source += characterClass(pattern.slice(index + 1, end));
        index = end;
      }
    } else source += escapeCharacter(character);
  }
  return new RegExp(`^${source}$`, "s");
}

function characterClass(content: string): string {
  const negative = content.startsWith("^") || content.startsWith("!");
  const characters = (negative ? content.slice(1) : content).replaceAll(/[\\\]^[]/g, "\\$&");
  return `[${negative ? "^" : ""}${characters}]`;
}

function escapeCharacter(character: string): string {
  return character.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
