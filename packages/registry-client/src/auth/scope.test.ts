import { expect, test } from "vitest";
import { coversScopes, deleteScope, mergeScopes, pullScope, pushScope } from "./scope.ts";

test("joins the actions on one resource", () => {
  expect(mergeScopes([pullScope("b")], [pushScope("a")], ["repository:b:push"])).toEqual([
    "repository:a:pull,push",
    "repository:b:pull,push",
  ]);
});

test("a set covers what is no more than itself", () => {
  expect(coversScopes([pushScope("a")], [pullScope("a")])).toBe(true);
  expect(coversScopes([pullScope("a")], [pushScope("a")])).toBe(false);
  expect(coversScopes([pullScope("a")], [pullScope("b")])).toBe(false);
  expect(coversScopes(["repository:a:*"], [deleteScope("a")])).toBe(true);
  expect(coversScopes([], [])).toBe(true);
});

test("keeps a resource whose name holds a colon", () => {
  expect(mergeScopes(["repository:localhost:5000/a:pull"])).toEqual(["repository:localhost:5000/a:pull"]);
});
