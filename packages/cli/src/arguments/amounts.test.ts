import { expect, test } from "vitest";
import { parseAge } from "./age.ts";
import { parseSize } from "./size.ts";

const hour = 3_600_000;

test.each([
  ["30d", 720 * hour],
  ["2w", 336 * hour],
  ["1.5d", 36 * hour],
  ["0d", 0],
  ["12h", 12 * hour],
  ["90m", 1.5 * hour],
])("the age %s", (text, ms) => {
  expect(parseAge(text, "--older-than")).toBe(ms);
});

test.each([
  ["10GB", 10e9],
  ["500 MB", 5e8],
  ["1.5g", 1.5e9],
  ["2GiB", 2 ** 31],
  ["3k", 3000],
  ["0", 0],
  ["42", 42],
])("the size %s", (text, bytes) => {
  expect(parseSize(text, "--max-size")).toBe(bytes);
});

test.each(["", "d", "30", "30 d", "-1d", "1y", "30D", "1d2h", "1e3d"])("no age: %j", (text) => {
  expect(() => parseAge(text, "--older-than")).toThrow(`"${text}" is no value of "--older-than"`);
});

test.each(["", "GB", "10 XB", "-1GB", "1,5GB", "10GBB", "1i", "1e3"])("no size: %j", (text) => {
  expect(() => parseSize(text, "--max-size")).toThrow(`"${text}" is no value of "--max-size"`);
});
