import { describe, expect, test } from "vitest";
import { pythonRepr } from "../python/python-repr.ts";
import type { PythonValue } from "../python/python-value.ts";
import { parseFlytekitYaml } from "./parse-flytekit-yaml.ts";

/** Python's text of the value of the one field. */
function read(text: string): string {
  const { env = null } = parseFlytekitYaml(`env: ${text}\n`, { file: "spec.yaml" });
  return pythonRepr(env as PythonValue, "3.11");
}

describe("YAML as PyYAML reads it", () => {
  test.each([
    ["[yes, No, ON, y, ~, null, Null]", "[True, False, True, 'y', None, None, None]"],
    ["[3.10, 1e3, 1.0e+3, .5, 5., 1_000.5, -.INF]", "[3.1, '1e3', 1000.0, 0.5, 5.0, 1000.5, -inf]"],
    ["[017, 0o17, 08, 0x1F, 0b11, 1_000, -1, 1:30, 1:30.5]", "[15, '0o17', '08', 31, 3, 1000, -1, 90, 90.5]"],
    ["2024-01-31", "datetime.date(2024, 1, 31)"],
    ["2024-1-3 04:05:06", "datetime.datetime(2024, 1, 3, 4, 5, 6)"],
    ["2024-01-31t04:05:06.5Z", "datetime.datetime(2024, 1, 31, 4, 5, 6, 500000, tzinfo=datetime.timezone.utc)"],
    [
      "2001-12-14t21:59:43.10-05:00",
      "datetime.datetime(2001, 12, 14, 21, 59, 43, 100000, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=68400)))",
    ],
    ["['yes', \"1\", 2024-1-3, !!str 1, ! 1, !!int '3', !!float 1]", "['yes', '1', '2024-1-3', '1', 1, 3, 1.0]"],
    ["!!binary aGk=", "b'hi'"],
    ["!!omap [a: 1, b: 2]", "[('a', 1), ('b', 2)]"],
    ["{1: a, yes: b, 1.0: c, '1': d}", "{1: 'c', '1': 'd'}"],
    ["{b: 1, a: 2, b: 3}", "{'b': 3, 'a': 2}"],
    ["{<<: [{a: 1, c: 4}, {a: 2, b: 3}], z: 1}", "{'a': 1, 'c': 4, 'b': 3, 'z': 1}"],
    ["{z: 0, <<: {a: 1, b: 1}, a: 2, <<: {a: 5, q: 1, z: 9}}", "{'a': 2, 'b': 1, 'q': 1, 'z': 0}"],
    ["{a:1}", "{'a:1': None}"],
  ])("%s", (text, expected) => {
    expect(read(text)).toBe(expected);
  });

  test.each([
    ["env: *x\n", "ComposerError"],
    ["env: [&x a, &x b]\n", "ComposerError"],
    ["env: a\n---\nenv: b\n", "ComposerError"],
    ["env: \ta\n", "ScannerError"],
    ["env:\n\t- a\n", "ScannerError"],
    ["env: a\tb\n", "ScannerError"],
    ["env: 'a\n", "ScannerError"],
    ["env: @a\n", "ScannerError"],
    ["env: [a, b\n", "ParserError"],
    ["env: !foo a\n", "ConstructorError"],
    ["env: {[a]: b}\n", "ConstructorError"],
    ["env: {<<: a}\n", "ConstructorError"],
    ["env: =\n", "ConstructorError"],
    ["env: 2024-02-30\n", "ValueError"],
    ["env: a\0\n", "ReaderError"],
    ["- a\n", "TypeError"],
    ["1: a\n", "TypeError"],
    ["", "TypeError"],
  ])("%j ends with %s", (text, type) => {
    expect(() => parseFlytekitYaml(text, { file: "spec.yaml" })).toThrow(
      expect.objectContaining({
        code: "FLYTEKIT_SPEC",
        details: expect.objectContaining({ file: "spec.yaml", python: expect.objectContaining({ type }) }),
      }),
    );
  });

  test("a tab in quotes, a block scalar or a comment is one", () => {
    expect(read("'a\tb'\n#\tc\ncommands: [\"\td\"]\ncuda: |\n  a\tb")).toBe("'a\\tb'");
  });
});
