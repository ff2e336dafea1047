import { isPrintable } from "../python/is-printable.ts";

/** `localhost:port`, or a host with an optional port; then any number of `/segment`. One last line feed is let through. */
const pattern = /^(?:localhost:\p{Nd}{1,5}|[a-z\p{Nd}._-]+(?::\p{Nd}{1,5})?)(?:\/[\p{L}\p{N}_.-]+)*\n?$/u;

/** What flytekit takes for the name of a registry, in lower case. Digits and letters are those of the Python's Unicode data. */
export function isRegistryName(text: string, python: string): boolean {
  if (!pattern.test(text)) return false;
  return [...text].every((character) => character === "\n" || isPrintable(character.codePointAt(0) ?? 0, python));
}
