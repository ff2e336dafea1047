import fc from "fast-check";
import { expect, test } from "vitest";
import { deepFrozen, differences, plainCopy } from "./plain-copy.ts";

const json = fc.jsonValue({ maxDepth: 3 });

test("a copy is equal, and another value", () => {
  fc.assert(
    fc.property(json, (value) => {
      const copy = plainCopy(value);
      expect(copy).toEqual(value);
      expect(differences(value, copy)).toEqual([]);
      expect(differences(deepFrozen(copy), value)).toEqual([]);
    }),
  );
});

test("says where two values differ", () => {
  const before = { packages: ["a", "b"], env: { A: "1" }, user: undefined, source: new Map() };
  const after = plainCopy(before);
  expect(after.source).toBe(before.source);
  after.packages.push("c");
  Object.assign(after.env, { B: "2" });
  expect(differences(before, after)).toEqual(["packages[2]", "env.B"]);
  expect(differences([1], { 0: 1 })).toEqual([""]);
});

test("frozen values cannot be changed", () => {
  const value = deepFrozen({ list: [{ a: 1 }] });
  expect(() => Object.assign(value.list[0] ?? {}, { a: 2 })).toThrow(TypeError);
});
