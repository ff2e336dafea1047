import { tagFailure } from "../errors/flytekit-error.ts";

const grammar =
  /^(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[ +-])?(?<zero>z)?(?<alternate>#)?(?<pad>0)?(?<width>\d+)?(?<group>[,_])?(?:\.(?<precision>\d*))?(?<rest>.*)$/su;

/** `format(value, spec)` of a `str`. @throws FLYTEKIT_TAG with the exception that Python ends with */
export function formatString(value: string, spec: string): string {
  if (spec === "") return value;
  // Everything in it is optional, so that it matches any text.
  const parts = grammar.exec(spec)?.groups ?? {};
  const { fill, align, sign, zero, alternate, pad, width, group, precision, rest = "" } = parts;
  if (precision === "") throw failure("Format specifier missing precision");
  if ([...rest].length > 1) throw failure(`Invalid format specifier '${spec}' for object of type 'str'`);
  const takesGroup = "defgEGF%".includes(rest) || (group === "_" && "boxX".includes(rest));
  if (group !== undefined && (rest === "" || !takesGroup)) {
    const isTwice = rest === "," || rest === "_";
    throw failure(isTwice ? "Cannot specify both ',' and '_'." : `Cannot specify '${group}' with '${rest || "s"}'.`);
  }
  if (rest !== "" && rest !== "s") throw failure(`Unknown format code '${shown(rest)}' for object of type 'str'`);
  if (sign !== undefined) {
    throw failure(
      sign === " " ? "Space not allowed in string format specifier" : "Sign not allowed in string format specifier",
    );
  }
  if (zero !== undefined) throw failure("Negative zero coercion (z) not allowed in string format specifier");
  if (alternate !== undefined) throw failure("Alternate form (#) not allowed in string format specifier");
  if (align === "=") throw failure("'=' alignment not allowed in string format specifier");
  const characters = [...value];
  const kept = precision === undefined ? characters : characters.slice(0, Number(precision));
  const missing = Math.max(0, Number(width ?? 0) - kept.length);
  const filler = fill ?? (pad === undefined ? " " : "0");
  const before = align === ">" ? missing : align === "^" ? Math.floor(missing / 2) : 0;
  return filler.repeat(before) + kept.join("") + filler.repeat(missing - before);
}

function failure(text: string): Error {
  return tagFailure({
    type: "ValueError",
    text,
    field: "tag_format",
    hint: 'write "{spec_hash}", or "{spec_hash:.8}" for its first eight characters',
  });
}

/** What is not ASCII is shown by its number. */
function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0x20 && code < 0x80 ? character : `\\x${code.toString(16)}`;
}
