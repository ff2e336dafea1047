import { expect, test } from "vitest";
import { Screen } from "./screen.ts";

test("prints, wraps behind a full row, and knows that it did", () => {
  const screen = new Screen(5, 3).write("12345\r\n12345678\r\n日本語\r\n");
  expect(screen.lines).toEqual(["12345", "12345", "678", "日本", "語"]);
  expect(screen.logicalLines.slice(0, 3)).toEqual(["12345", "12345678", "日本語"]);
  expect(screen.cursor).toEqual([5, 0]);
});

test("redraws, and keeps what was drawn over", () => {
  const screen = new Screen(20, 5).write("\u001b[?25la\r\nb\r\n\u001b[2A\r\u001b[0J\u001b[1mdone\u001b[22m\r\nc\r\n");
  expect([screen.lines, screen.frames]).toEqual([["done", "c"], ["a\nb\n"]]);
  expect([screen.isCursorVisible, screen.hasStyle, screen.hasLeftTop, screen.unknown]).toEqual([
    false,
    true,
    false,
    [],
  ]);
  expect(screen.write("\u001b[?25h").isCursorVisible).toBe(true);
});

test("notices what it does not know, and a cursor that leaves at the top", () => {
  expect(new Screen(20, 5).write("\u001b[3;4r\u0007").unknown).toEqual(['"\\u001b[3;4r"', '"\\u0007"']);
  expect(new Screen(20, 2).write("a\r\nb\r\nc\u001b[2A").hasLeftTop).toBe(true);
  expect(new Screen(20, 2).write("a\r\nb\u001b[1A").hasLeftTop).toBe(false);
});

test("clears the rest of a line, and goes back in it", () => {
  expect(new Screen(20, 5).write("abcdef\r12\u001b[Kx\u0008y\tz\u001b[1Gq").lines).toEqual(["q2y     z"]);
});
