import { stripVTControlCharacters } from "node:util";

/** Most texts have nothing else. The classes below take half a millisecond to be made ready, at every start. */
const narrow = /^[ -~\u00a0-\u02ff\u2010-\u2027\u2500-\u257f✔✗]*$/;

/** Columns that a text takes, terminal codes not counted. Wide characters count twice, combining ones not at all. */
export function textWidth(text: string): number {
  const plain = stripVTControlCharacters(text);
  if (narrow.test(plain)) return plain.length;
  let width = 0;
  for (const character of plain) {
    if (/\p{Mark}|\u200d|\ufe0f/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

/** A text without terminal codes, cut to a width with `…` as its end. */
export function truncate(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 0) return "";
  let cut = "";
  for (const character of text) {
    if (textWidth(cut) + textWidth(character) > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** A text filled up with spaces on the right; terminal codes are allowed in it. */
export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}
