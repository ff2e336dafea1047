import fc from "fast-check";
import { expect, test } from "vitest";
import { padTo, textWidth, truncate } from "./text-width.ts";

test.each([
  ["abc", 3],
  ["✔ …", 3],
  ["\u001b[31mred\u001b[39m", 3],
  ["画像", 4],
  ["e\u0301", 1],
  ["🚀", 2],
])("%j takes %d columns", (text, width) => {
  expect(textWidth(text)).toBe(width);
});

test("what is cut fits and says so", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 40 }), (text, width) => {
      const cut = truncate(text, width);
      expect(textWidth(cut)).toBeLessThanOrEqual(Math.max(width, 0));
      if (textWidth(text) <= width) expect(cut).toBe(text);
      else if (width > 0) expect(cut.endsWith("…")).toBe(true);
    }),
  );
});

test("padding leaves what is long enough", () => {
  expect(padTo("ab", 4)).toBe("ab  ");
  expect(padTo("abcd", 3)).toBe("abcd");
});
