/** What a character class of a glob, from `[` on, is as a regular expression; nothing when it never closes. */
function characterClass(glob: string, start: number): { readonly source: string; readonly end: number } | undefined {
  let at = start + 1;
  const negated = glob[at] === "!" || glob[at] === "^";
  if (negated) at++;
  let inner = "";
  for (let first = true; at < glob.length && (first || glob[at] !== "]"); first = false, at++) {
    const posix = /^\[:([a-z]+):\]/.exec(glob.slice(at));
    if (posix?.[1] !== undefined && Object.hasOwn(posixClasses, posix[1])) {
      inner += posixClasses[posix[1]];
      at += posix[0].length - 1;
      continue;
    }
    if (glob[at] === "\\" && at + 1 < glob.length) at++;
    const character = glob.charAt(at);
    inner += character === "-" ? "-" : character.replace(/[\\\]^[]/, "\\$&");
  }
  if (glob[at] !== "]") return undefined;
  return { source: negated ? `(?!/)[^${inner}]` : `(?!/)[${inner}]`, end: at };
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: "A-Za-z0-9",
  alpha: "A-Za-z",
  digit: "0-9",
  lower: "a-z",
  upper: "A-Z",
  space: "\\s",
  punct: "!-\\/:-@\\[-`{-~",
  xdigit: "0-9A-Fa-f",
};

/**
 * The regular expression of a glob with `*`, `?`, `[…]`, backslash escapes, and `**` between slashes. Matches whole paths.
 * Nothing for a glob that can match nothing, such as one with an open bracket.
 */
export function globPattern(
  glob: string,
  /** Whether `**` crosses slashes also where it is not alone between them, as in `.dockerignore`. */
  loose = false,
): RegExp | undefined {
  let source = "";
  for (let at = 0; at < glob.length; at++) {
    const character = glob.charAt(at);
    if (character === "*") {
      let end = at;
      while (glob[end + 1] === "*") end++;
      const alone =
        end > at && (at === 0 || glob[at - 1] === "/") && (end + 1 === glob.length || glob[end + 1] === "/");
      if (!alone) source += loose && end > at ? ".*" : "[^/]*";
      else if (end + 1 === glob.length) source += ".+";
      else {
        source += "(?:.*/)?";
        end++;
      }
      at = end;
    } else if (character === "?") source += "[^/]";
    else if (character === "[") {
      const found = characterClass(glob, at);
      if (found === undefined) return undefined;
      source += found.source;
      at = found.end;
    } else if (character === "\\") {
      if (at + 1 >= glob.length) return undefined;
      source += escaped(glob.charAt(++at));
    } else source += escaped(character);
  }
  try {
    return new RegExp(`^${source}$`, "su");
  } catch (error) {
    // A class such as [z-a] has no match in any tool.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
}
