import { expect, test } from "vitest";
import * as surface from "./index.ts";

test("the public surface", () => {
  expect(Object.keys(surface).sort()).toEqual([
    "RegistryClient",
    "chainCredentials",
    "copyImage",
    "createTransport",
    "detectProxy",
    "dockerConfigCredentials",
    "isBlobLoss",
    "staticCredentials",
  ]);
});
