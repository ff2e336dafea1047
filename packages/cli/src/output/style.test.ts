import { expect, test } from "vitest";
import { styleFor } from "./style.ts";

const isColoured = (isTTY: boolean, env: Record<string, string>, hasNoColor = false) =>
  styleFor({ isTTY }, env, hasNoColor).red("x") !== "x";

test.each<readonly [string, boolean, Record<string, string>, boolean]>([
  ["a terminal", true, {}, true],
  ["no terminal", false, {}, false],
  ["NO_COLOR", true, { NO_COLOR: "1" }, false],
  ["an empty NO_COLOR", true, { NO_COLOR: "" }, true],
  ["NO_COLOR over FORCE_COLOR", true, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
  ["FORCE_COLOR", false, { FORCE_COLOR: "1" }, true],
  ["FORCE_COLOR=0", true, { FORCE_COLOR: "0" }, false],
  ["a dumb terminal", true, { TERM: "dumb" }, false],
])("%s", (_what, isTTY, env, expected) => {
  expect(isColoured(isTTY, env)).toBe(expected);
});

test("the option wins over everything", () => {
  expect(isColoured(true, { FORCE_COLOR: "1" }, true)).toBe(false);
});

test("an empty text stays empty", () => {
  expect(styleFor({ isTTY: true }, {}).bold("")).toBe("");
});
