import { printableRanges } from "./printable-ranges.ts";

/** The Unicode data that each CPython minor has. */
const unicodeOf: Readonly<Record<string, string>> = {
  "3.8": "13.0",
  "3.9": "13.0",
  "3.10": "13.0",
  "3.11": "14.0",
  "3.12": "15.0",
  "3.13": "15.1",
  "3.14": "16.0",
  "3.15": "17.0",
};

const newest = "17.0";

/** Starts and ends of the printable ranges of one Unicode version, ascending. */
const tables = new Map<string, readonly (readonly [number, number])[]>();

/** `str.isprintable` of one code point, as a Python has it: what its Unicode data does not know is not printable. */
export function isPrintable(codePoint: number, python: string): boolean {
  if (codePoint < 0x7f) return codePoint >= 0x20;
  const table = tableOf(unicodeVersion(python));
  let low = 0;
  let high = table.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [start, end] = table[middle] ?? [0, 0];
    if (codePoint < start) high = middle - 1;
    else if (codePoint > end) low = middle + 1;
    else return true;
  }
  return false;
}

/** Whether the Unicode data of a Python has a character at all; what is not printable by its kind is taken as known. */
export function isKnown(codePoint: number, python: string): boolean {
  return isPrintable(codePoint, python) || !isPrintableIn(codePoint, newest);
}

function isPrintableIn(codePoint: number, version: string): boolean {
  return tableOf(version).some(([start, end]) => codePoint >= start && codePoint <= end);
}

function unicodeVersion(python: string): string {
  const minor = /^(\d+\.\d+)/.exec(python)?.[1] ?? "";
  return unicodeOf[minor] ?? newest;
}

function tableOf(version: string): readonly (readonly [number, number])[] {
  const known = tables.get(version);
  if (known !== undefined) return known;
  const ranges: [number, number][] = [];
  for (const [added, text] of printableRanges) {
    if (Number(added) > Number(version)) break;
    ranges.push(...decode(text));
  }
  ranges.sort(([a], [b]) => a - b);
  tables.set(version, ranges);
  return ranges;
}

function decode(text: string): [number, number][] {
  let position = 0;
  return text.split(" ").map((part) => {
    const [gap = "", length = "0"] = part.split(".");
    const start = position + Number.parseInt(gap, 36);
    const end = start + Number.parseInt(length, 36);
    position = end + 1;
    return [start, end];
  });
}
