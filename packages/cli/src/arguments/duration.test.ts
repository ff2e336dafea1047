import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test.each([
  ["90", 90_000],
  ["90s", 90_000],
  ["10m", 600_000],
  ["1.5h", 5_400_000],
  ["500ms", 500],
])("%s", (text, ms) => {
  expect(parseDuration(text, "--timeout")).toBe(ms);
});

test.each(["", "0", "-1s", "5 m", "1d", "s"])("refuses %j", (text) => {
  expect(() => parseDuration(text, "--timeout")).toThrow(`"${text}" is no value of "--timeout"`);
});
