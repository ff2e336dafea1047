import type { ResolvedImageSpec } from "@imagespec/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { madeWheels } from "../conformance/session/made-wheels.ts";
import { type IndexServer, serveIndex } from "../wheels/serve-index.ts";
import { findWheels } from "./find-wheels.ts";

let index: IndexServer;
beforeAll(async () => {
  index = await serveIndex(madeWheels());
});
afterAll(() => index.close());

async function find(requirementLines: readonly string[], installed: Readonly<Record<string, string>> = {}) {
  const fields = { requirementLines, pipIndex: index.url, indexCredentials: [], secrets: [] };
  // The fields that it looks at.
  const spec = fields as unknown as ResolvedImageSpec;
  const request = { secret: async () => "", signal: new AbortController().signal };
  const wheels = await findWheels(spec, request, new Map(Object.entries(installed)));
  return wheels.map(({ name, version }) => `${name} ${version}`);
}

test("finds the newest versions that fit, and what they need", async () => {
  expect(await find(["conf-alpha"])).toEqual(["conf-alpha 1.4", "conf-beta 2.0.1"]);
  expect(await find(["Conf_Alpha==1.3", "conf-beta==1.0"])).toEqual(["conf-alpha 1.3", "conf-beta 1.0"]);
  expect(await find(["conf-alpha"], { "conf-beta": "2.0.1" })).toEqual(["conf-alpha 1.4"]);
  expect(await find([])).toEqual([]);
});

test.each([
  [["conf-none"], "SPEC_PACKAGE_NOT_FOUND"],
  [["conf-beta==9"], "SPEC_VERSION_NOT_FOUND"],
  [["conf-beta==1.0", "conf-alpha==1.4"], "SPEC_UNSOLVABLE"],
  [["conf-foreign"], "SPEC_NO_WHEEL"],
  [["conf-corrupt"], "WHEEL_HASH_MISMATCH"],
  [["conf-beta<2"], "SPEC_REQUIREMENT"],
])("refuses %j with %s", async (lines, code) => {
  await expect(find(lines)).rejects.toMatchObject({ code });
});
