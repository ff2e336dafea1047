import fc from "fast-check";
import { expect, test } from "vitest";
import { suggest } from "./suggest.ts";

const fields = ["packages", "aptPackages", "pythonVersion", "baseImage", "env", "name", "registry"];

test.each<[string, string | undefined]>([
  ["package", "packages"],
  ["pacakges", "packages"],
  ["apt_packages", "aptPackages"],
  ["apt-packages", "aptPackages"],
  ["PYTHONVERSION", "pythonVersion"],
  ["base_imgae", "baseImage"],
  ["evn", "env"],
  ["volumes", undefined],
  ["", undefined],
])("suggests for %j: %s", (word, expected) => {
  expect(suggest(word, fields)).toBe(expected);
});

test("an exact candidate always wins", () => {
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.shuffledSubarray(fields), (word, others) => {
      expect(suggest(word, [...others, word])).toBe(word);
    }),
  );
});

test("a word with one letter missing is found", () => {
  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.nat(), (word, seed) => {
      const at = seed % word.length;
      expect(suggest(word.slice(0, at) + word.slice(at + 1), [word])).toBe(word);
    }),
  );
});

test("is quick for a very long word", () => {
  const start = performance.now();
  expect(suggest("x".repeat(1_000_000), ["registry"])).toBeUndefined();
  expect(performance.now() - start).toBeLessThan(20_000);
});
