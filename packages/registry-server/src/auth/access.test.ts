import fc from "fast-check";
import { expect, test } from "vitest";
import { covers, formatScope, parseScopes } from "./access.ts";

test("scopes come in several parameters and several in one", () => {
  expect(parseScopes(["repository:a/b:pull,push repository:host:5000/c:pull", "registry:catalog:*"])).toEqual([
    { type: "repository", name: "a/b", actions: ["pull", "push"] },
    { type: "repository", name: "host:5000/c", actions: ["pull"] },
    { type: "registry", name: "catalog", actions: ["*"] },
  ]);
});

test("what is not a scope is left out", () => {
  expect(parseScopes(["", "repository", "other:a:pull", "repository::pull"])).toEqual([]);
});

test("what is formatted is parsed again", () => {
  const access = fc.record({
    type: fc.constantFrom("repository" as const, "registry" as const),
    name: fc.stringMatching(/^[a-z0-9]+(\/[a-z0-9]+)*$/),
    actions: fc.subarray(["pull", "push", "delete"]),
  });
  fc.assert(
    fc.property(access, (value) => {
      expect(parseScopes([formatScope(value)])).toEqual([value]);
    }),
  );
});

test("grants add up, per repository", () => {
  const granted = parseScopes(["repository:a:pull", "repository:a:push", "repository:b:*"]);
  const needs = (scope: string): boolean => covers(granted, parseScopes([scope])[0]!);
  expect(needs("repository:a:pull,push")).toBe(true);
  expect(needs("repository:a:delete")).toBe(false);
  expect(needs("repository:b:delete")).toBe(true);
  expect(needs("repository:c:pull")).toBe(false);
  expect(needs("registry:a:pull")).toBe(false);
});
