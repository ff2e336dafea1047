import { expect, it } from "vitest";
import { parseGoDuration } from "./retry-lines.ts";

it("reads durations as Go writes them", () => {
  expect(["1s", "500ms", "1m30.5s", "2h0m0s", "", "5", "s", "1s x"].map(parseGoDuration)).toEqual([
    ...[1000, 500, 90_500, 7_200_000],
    ...[undefined, undefined, undefined, undefined],
  ]);
});
