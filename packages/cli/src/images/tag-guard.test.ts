import { expect, test } from "vitest";
import { isContentTag } from "./tag-guard.ts";

test.each([
  ["u1-uxxv6v5wbjyjdbdi", true],
  ["v1-x4z2xi6wdkcvzpdk", true],
  ["v12-x4z2xi6wdkcvzpdk-linux-arm64", true],
  ["gpu-u1-uxxv6v5wbjyjdbdi", true],
  ["latest", false],
  ["v1-2-3", false],
  ["u1-uxxv6v5wbjyjdbd", false],
  ["u1-uxxv6v5wbjyjdbdi0", false],
  ["gpu1-uxxv6v5wbjyjdbdi", false],
])("%s: %s", (tag, expected) => {
  expect(isContentTag(tag)).toBe(expected);
});
