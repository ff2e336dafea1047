import { expect, test } from "vitest";
import { count, formatBytes, formatDuration } from "./format.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1 kB"],
  [2_600, "3 kB"],
  [999_600, "1.0 MB"],
  [1_440_000, "1.4 MB"],
  [76_400_000, "76 MB"],
  [9_960_000, "10 MB"],
  [2_500_000_000, "2.5 GB"],
  [7e15, "7000 TB"],
])("%d bytes are %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [4, "0.00 s"],
  [40, "0.04 s"],
  [99.6, "0.1 s"],
  [1_840, "1.8 s"],
  [59_949, "59.9 s"],
  [59_960, "1 min 00 s"],
  [125_000, "2 min 05 s"],
])("%d ms are %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("nouns follow numbers", () => {
  expect([count(0, "layer"), count(1, "layer"), count(6, "layer")]).toEqual(["0 layers", "1 layer", "6 layers"]);
});
