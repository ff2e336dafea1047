import { isKnown } from "./is-printable.ts";

/** `str.lower()`: full Unicode rules with the final sigma; letters that the Python does not know stay. */
export function pythonLower(text: string, python: string): string {
  const unknown = [...text].filter((character) => !isKnown(character.codePointAt(0) ?? 0, python));
  if (unknown.length === 0) return text.toLowerCase();
  return text
    .split(
      new RegExp(`([${unknown.map((character) => `\\u{${character.codePointAt(0)?.toString(16)}}`).join("")}])`, "u"),
    )
    .map((part, index) => (index % 2 === 1 ? part : part.toLowerCase()))
    .join("");
}
