import { expect, test } from "vitest";
import { formatAge } from "./format-age.ts";

const now = new Date("2026-11-25T12:00:00Z");

test.each([
  ["2026-11-25T12:00:30Z", "just now"],
  ["2026-11-25T11:59:30Z", "just now"],
  ["2026-11-25T11:55:00Z", "5 min ago"],
  ["2026-11-24T13:00:00Z", "23 h ago"],
  ["2026-11-13T12:00:00Z", "12 days ago"],
  ["2026-04-20T12:00:00Z", "7 months ago"],
  ["2024-10-01T12:00:00Z", "2 years ago"],
])("%s is %s", (time, text) => {
  expect(formatAge(new Date(time), now)).toBe(text);
});
