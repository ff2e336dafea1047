import { stripVTControlCharacters } from "node:util";
import { textWidth } from "./text-width.ts";

/** Less room than this beside other columns is too little to read in. */
const leastRoom = 24;

/**
 * Text with its lines broken between words where they are wider than `columns`. What follows stands below the last column of the
 * line that leaves room, else a little further in than its start. A word stays whole, whatever its width: references, digests
 * and paths are there to be copied.
 */
export function wrapText(text: string, columns: number): string {
  return text
    .split("\n")
    .map((line) => wrapLine(line, columns))
    .join("\n");
}

function wrapLine(line: string, columns: number): string {
  if (textWidth(line) <= columns) return line;
  const hanging = hangingIndent(stripVTControlCharacters(line), columns);
  const lines: string[] = [];
  let open = "";
  let isEmpty = true;
  for (const [, gap = "", word = ""] of line.matchAll(/( *)([^ ]+)/g)) {
    if (!isEmpty && textWidth(open) + gap.length + textWidth(word) > columns) {
      lines.push(open);
      open = " ".repeat(hanging) + word;
    } else open += gap + word;
    // Codes alone, which may stand before the indentation, are no word to break behind.
    isEmpty &&= textWidth(word) === 0;
  }
  return [...lines, open].join("\n");
}

function hangingIndent(plain: string, columns: number): number {
  const indent = plain.length - plain.trimStart().length;
  const starts = [...plain.matchAll(/(?<=\S) {2,}(?=\S)/g)].map(({ 0: gap, index }) =>
    textWidth(plain.slice(0, index + gap.length)),
  );
  return starts.findLast((start) => columns - start >= leastRoom) ?? Math.min(indent + 2, Math.floor(columns / 2));
}
