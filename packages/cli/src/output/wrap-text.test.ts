import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fittingOutput } from "./fitting-output.ts";
import { textWidth } from "./text-width.ts";
import { wrapText } from "./wrap-text.ts";

describe("wrapText", () => {
  test.each([
    ["stays when it fits", "  one two", 9, "  one two"],
    ["goes on further in", "  one two three", 10, "  one two\n    three"],
    ["goes on below the mark's text", "  ✗ it is not there at all", 16, "  ✗ it is not\n    there at all"],
    [
      "goes on below the second column",
      "  -q, --quiet  print the references and nothing else",
      44,
      "  -q, --quiet  print the references and\n               nothing else",
    ],
    [
      "does not squeeze the second column",
      "  acme/train:u1-7k3fq2m4xh2c6pd5  python 3.13",
      40,
      "  acme/train:u1-7k3fq2m4xh2c6pd5  python\n    3.13",
    ],
    [
      "goes on below the last of several columns",
      "  build  acme/train  absent, for linux/amd64; goes to the store",
      48,
      "  build  acme/train  absent, for linux/amd64;\n                     goes to the store",
    ],
    ["leaves a word whole", `    ${"x".repeat(30)} and more`, 20, `    ${"x".repeat(30)}\n      and more`],
    ["keeps line breaks", "one two\n\nthree four\n", 6, "one\n  two\n\nthree\n  four\n"],
    ["does not count codes", "\u001b[1m  one\u001b[22m two", 9, "\u001b[1m  one\u001b[22m two"],
    ["counts wide characters twice", "日本 日本", 6, "日本\n  日本"],
  ])("%s", (_, text, columns, expected) => {
    expect(wrapText(text, columns)).toBe(expected);
  });

  test("loses no word, and exceeds the width by nothing but a single word", () => {
    const word = fc.stringMatching(/^[a-z─✔日]{1,12}$/);
    const text = fc.array(fc.tuple(fc.constantFrom("", "  ", "    "), fc.array(word), fc.constantFrom(" ", "  ")));
    fc.assert(
      fc.property(text, fc.integer({ min: 10, max: 60 }), (lines, columns) => {
        const whole = lines.map(([indent, words, gap]) => indent + words.join(gap)).join("\n");
        const wrapped = wrapText(whole, columns);
        expect(wrapped.match(/\S+/g)).toEqual(whole.match(/\S+/g));
        for (const line of wrapped.split("\n"))
          if (textWidth(line) > columns) expect(line.trim().split(/\s+/)).toHaveLength(1);
      }),
    );
  });
});

test("only a terminal gets its lines broken", () => {
  const written: string[] = [];
  const write = (text: string) => written.push(stripVTControlCharacters(text));
  for (const place of [{ isTTY: true, columns: 8 }, { isTTY: true, columns: 0 }, { columns: 8 }, {}])
    fittingOutput({ ...place, write }).write("one two three\n");
  expect(written).toEqual(["one two\n  three\n", ...Array.from({ length: 3 }, () => "one two three\n")]);
});
