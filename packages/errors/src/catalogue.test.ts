import { describe, expect, test } from "vitest";
import { catalogueEntry, defineErrors, originOf, sharedErrors } from "./catalogue.ts";

test("every shared code is in capitals and has a summary of one line in lower case", () => {
  for (const [code, { summary }] of Object.entries(sharedErrors)) {
    expect(code).toMatch(/^[A-Z]+(?:_[A-Z]+)*$/);
    expect(summary, code).toMatch(/^(?:[a-z]|(?:Debian|PEP|OCI)\b).*[^.]$/);
  }
});

test("originOf knows shared codes, added ones, and takes the builder for the rest", () => {
  defineErrors("ORIGIN", { ORIGIN_QUOTA: { origin: "cloud", summary: "a quota" } });
  expect(originOf("INDEX_DOWN")).toBe("index");
  expect(originOf("ORIGIN_QUOTA")).toBe("cloud");
  expect(originOf("NOBODY_KNOWS")).toBe("builder");
  expect(catalogueEntry("toString")).toBeUndefined();
});

describe("defineErrors", () => {
  const entry = { origin: "cloud", summary: "a quota" } as const;

  test("takes the same definition twice", () => {
    defineErrors("TWICE", { TWICE_QUOTA: entry });
    expect(() => defineErrors("TWICE", { TWICE_QUOTA: { ...entry } })).not.toThrow();
  });

  test("refuses a second meaning, a code without the prefix, and a shared code", () => {
    defineErrors("MEANING", { MEANING_QUOTA: entry });
    expect(() => defineErrors("MEANING", { MEANING_QUOTA: { ...entry, origin: "daemon" } })).toThrow("another meaning");
    expect(() => defineErrors("MEANING", { OTHER_QUOTA: entry })).toThrow('must start with "MEANING_"');
    expect(() => defineErrors("BUILD", { BUILD_FAILED: entry })).toThrow("shared");
  });

  test("adds nothing when one of several is refused", () => {
    expect(() => defineErrors("PART", { PART_ONE: entry, TWO: entry })).toThrow(TypeError);
    expect(catalogueEntry("PART_ONE")).toBeUndefined();
  });
});
