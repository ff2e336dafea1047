import { expect, test } from "vitest";
import * as imagespec from "./index.ts";

test("exports exactly this", () => {
  expect(Object.keys(imagespec).sort()).toEqual(["defineConfig", "exitCodes", "main"]);
});
