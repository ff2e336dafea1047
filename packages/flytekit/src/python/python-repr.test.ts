import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPrintable } from "./is-printable.ts";
import { pythonLower } from "./python-lower.ts";
import { pythonRepr } from "./python-repr.ts";
import { CopyMode, PythonBytes, PythonFloat, PythonTuple, type PythonValue } from "./python-value.ts";

const python = "3.11";

describe("repr", () => {
  test.each<[PythonValue, string]>([
    [null, "None"],
    [true, "True"],
    [3, "3"],
    [10n ** 21n, "1000000000000000000000"],
    [1.5, "1.5"],
    [-0, "-0.0"],
    [new PythonFloat(1), "1.0"],
    [new PythonFloat(1e16), "1e+16"],
    [new PythonFloat(123456789012345680), "1.2345678901234568e+17"],
    [new PythonFloat(0.0001), "0.0001"],
    [new PythonFloat(0.00001), "1e-05"],
    [new PythonFloat(5e-324), "5e-324"],
    [new PythonFloat(Number.NEGATIVE_INFINITY), "-inf"],
    [new PythonFloat(Number.NaN), "nan"],
    ["it's", `"it's"`],
    [`both ' and "`, `'both \\' and "'`],
    ["a\\b\t\n\r\0\x7f", "'a\\\\b\\t\\n\\r\\x00\\x7f'"],
    ["é\xa0\u200b\ud800\u{1fae8}\u{e0001}", "'é\\xa0\\u200b\\ud800\\U0001fae8\\U000e0001'"],
    [[], "[]"],
    [new PythonTuple([]), "()"],
    [new PythonTuple([1]), "(1,)"],
    [{ a: [1, new PythonTuple(["x", null])] }, "{'a': [1, ('x', None)]}"],
    [
      new Map<PythonValue, PythonValue>([
        ["10", 1],
        [2, "b"],
        ["a", false],
      ]),
      "{'10': 1, 2: 'b', 'a': False}",
    ],
    [CopyMode.ALL, "<CopyFileDetection.ALL: 2>"],
    [new PythonBytes(Buffer.from("a'\xff", "latin1")), `b"a'\\xff"`],
  ])("%#: %s", (value, expected) => {
    expect(pythonRepr(value, python)).toBe(expected);
  });

  test("a float reads back to itself", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = pythonRepr(new PythonFloat(value), python);
        return Object.is(Number(text), value) && /[.e]/.test(text);
      }),
    );
  });

  test("a text has no character that is not printable, and no quote that ends it early", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const repr = pythonRepr(text, python);
        const quote = repr[0] ?? "";
        const inside = repr.slice(1, -1).replace(/\\./gu, "");
        return (
          !inside.includes(quote) && [...repr].every((character) => isPrintable(character.codePointAt(0) ?? 0, python))
        );
      }),
    );
  });
});

test("what a Python's Unicode data does not know is not printable, and has no lower case", () => {
  const shaking = 0x1fae8;
  expect(["3.9", "3.11", "3.12", "3.13"].map((minor) => isPrintable(shaking, minor))).toEqual([
    false,
    false,
    true,
    true,
  ]);
  // U+A7CB came with Unicode 16.
  expect([pythonLower("A\ua7cb", "3.13"), pythonLower("ΑΣ-İ", "3.9")]).toEqual(["a\ua7cb", "ας-i̇"]);
});
