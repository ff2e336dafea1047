import { describe, expect, test } from "vitest";
import { allCases } from "../src/conformance/all-cases.ts";
import { runCases } from "../src/conformance/run-conformance.ts";
import { createFakeBuilder } from "../src/index.ts";
import { allDefects } from "./broken-builders/all-defects.ts";

describe.concurrent("a builder that", () => {
  test.for(allDefects)("$defect, is caught by $caughtBy", async ({ caughtBy, says, create }) => {
    const meant = allCases.filter(({ group, id }) => `${group}/${id}` === caughtBy);
    const settings = { promptMs: 300 };
    const options = { createBuilder: create, reference: () => createFakeBuilder({ name: "honest" }), settings };
    const { results } = await runCases(options, meant);
    expect(results).toEqual([expect.objectContaining({ status: "failed", error: expect.stringMatching(says) })]);
  });
});

test("no test of the suite is without a builder that it catches", () => {
  const caught = new Set(allDefects.map(({ caughtBy }) => caughtBy));
  const others = allCases.map(({ group, id }) => `${group}/${id}` as const).filter((name) => !caught.has(name));
  expect(others).toEqual([]);
});

test("names of tests are unique", () => {
  const names = allCases.map(({ group, id }) => `${group}/${id}`);
  expect(new Set(names).size).toBe(names.length);
});
