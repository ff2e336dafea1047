import type { ErrorPlace } from "./error-place.ts";
import type { Style } from "./style.ts";

const indent = "    ";
const gap = "   ";
const below = `${indent}  `;
const leastRoom = 24;

/** The place in a file, its line, and a mark below it: two lines, or three where the terminal is narrow. */
export function formatCodeFrame(place: ErrorPlace, style: Style, columns: number): readonly string[] {
  const prefix = `${indent}${place.file}:${place.line}:${place.column}${gap}`;
  if (columns - prefix.length - 1 < leastRoom) {
    const { text, start, length } = excerpt(place, Math.max(leastRoom, columns - below.length - 1));
    const mark = `${below}${" ".repeat(start)}${style.red("~".repeat(length))}`;
    return [style.dim(prefix.trimEnd()), `${below}${text}`, mark];
  }
  const { text, start, length } = excerpt(place, columns - prefix.length - 1);
  return [`${style.dim(prefix)}${text}`, `${" ".repeat(prefix.length + start)}${style.red("~".repeat(length))}`];
}

/** The part of a line that fits, with `…` where it was cut. */
function excerpt(
  { lineText, column, length }: ErrorPlace,
  room: number,
): { readonly text: string; readonly start: number; readonly length: number } {
  const leading = lineText.length - lineText.trimStart().length;
  // A tab would take an unknown number of columns.
  const line = lineText.trimStart().replaceAll("\t", " ").trimEnd();
  const start = Math.max(0, column - 1 - leading);
  const from = start + length <= room - 1 ? 0 : Math.max(0, Math.min(start - 8, line.length - room + 2));
  const isCutLeft = from > 0;
  const shown = line.slice(from, from + room - (isCutLeft ? 1 : 0));
  const isCutRight = from + shown.length < line.length;
  const text = `${isCutLeft ? "…" : ""}${isCutRight ? `${shown.slice(0, -1)}…` : shown}`;
  const at = start - from + (isCutLeft ? 1 : 0);
  return { text, start: at, length: Math.max(1, Math.min(length, text.length - at)) };
}
