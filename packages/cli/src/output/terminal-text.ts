import { stripVTControlCharacters } from "node:util";

/** One line of foreign text (logs, messages of other programs) in a form that cannot take over a terminal. */
export function terminalText(text: string): string {
  return stripVTControlCharacters(text).replace(/(?!\t)\p{Cc}/gu, "");
}
