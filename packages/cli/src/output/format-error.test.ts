import { parseSpecText } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { expect, test } from "vitest";
import type { SpecOrigin } from "./error-place.ts";
import { formatError } from "./format-error.ts";
import { plainStyle } from "./style.ts";

const text = (error: ImageSpecError, origin?: SpecOrigin, isVerbose = false) =>
  `\n${formatError(error, { style: plainStyle, columns: 100, cwd: "/", origin, isVerbose }).join("\n")}`;

function origin(yaml: string): SpecOrigin | undefined {
  return parseSpecText(yaml, { file: "train.image.yaml", format: "yaml" }).specs[0];
}

test("a problem with its place and hint", () => {
  const problem = {
    code: "SPEC_PACKAGE_NOT_FOUND",
    path: "packages[1]",
    message: 'no package "scikit-learnn" exists in the package index',
    hint: 'did you mean "scikit-learn"?',
  } as const;
  const error = new ImageSpecError(problem.code, `${problem.path}: ${problem.message}`, {
    hint: problem.hint,
    problems: [problem],
    logTail: ["what uv said"],
  });
  expect(text(error, origin("name: acme/train\npackages: [pandas, scikit-learnn]\n"))).toMatchInlineSnapshot(`
    "
      ✗ packages[1]: no package "scikit-learnn" exists in the package index   SPEC_PACKAGE_NOT_FOUND
        train.image.yaml:2:20   packages: [pandas, scikit-learnn]
                                                   ~~~~~~~~~~~~~
        hint: did you mean "scikit-learn"?"
  `);
});

test("several problems, each with its own", () => {
  const error = new ImageSpecError(
    "SPEC_INVALID",
    'the spec has 2 problems: bogus: no field "bogus"; env.A: a number',
    {
      hint: "start with bogus",
      problems: [
        { code: "SPEC_UNKNOWN_FIELD", path: "bogus", message: 'no field "bogus"', hint: "remove it" },
        { code: "SPEC_TYPE", path: "env.A", message: "a number", hint: 'quote it: "1"' },
      ],
    },
  );
  expect(text(error, origin("env:\n  A: one\n"))).toMatchInlineSnapshot(`
    "
      ✗ the spec has 2 problems   SPEC_INVALID
      - bogus: no field "bogus"   SPEC_UNKNOWN_FIELD
        train.image.yaml:1:1   env:
                               ~~~~
        hint: remove it
      - env.A: a number   SPEC_TYPE
        train.image.yaml:2:6   A: one
                                  ~~~
        hint: quote it: "1""
  `);
});

test("the end of the log, cut, and nothing that takes over the terminal", () => {
  const error = new ImageSpecError("BUILD_STEP_FAILED", "commands[0] failed with exit code 1", {
    hint: 'add "libgomp1" to aptPackages',
    logTail: [...Array.from({ length: 22 }, (_, index) => `line ${index + 1}`), "\u001b[2JImportError: libgomp.so.1"],
  });
  const lines = text(error).split("\n");
  expect(lines.slice(0, 5)).toEqual([
    "",
    "  ✗ commands[0] failed with exit code 1   BUILD_STEP_FAILED",
    '    hint: add "libgomp1" to aptPackages',
    "    │ … 3 lines before",
    "    │ line 4",
  ]);
  expect(lines.at(-1)).toBe("    │ ImportError: libgomp.so.1");
});

test("causes are shown when asked for, and the stack of a defect always", () => {
  const failure = new ImageSpecError("REGISTRY_DOWN", "the registry cannot be reached", {
    cause: new Error("outer", { cause: new Error("ECONNREFUSED") }),
  });
  expect(text(failure)).not.toContain("ECONNREFUSED");
  expect(text(failure, undefined, true)).toContain("    cause: outer\n    cause: ECONNREFUSED");
  const defect = new ImageSpecError("INTERNAL", "an unexpected error: x", { cause: new TypeError("x is undefined") });
  expect(text(defect)).toContain("TypeError: x is undefined\n        at ");
});

test("names the log that has more than is shown", () => {
  const logTail = ["> python -c 'import torch'", "ImportError: libgomp.so.1: cannot open shared object file"];
  const error = new ImageSpecError("BUILD_STEP_FAILED", "commands[0] failed with exit code 1", {
    hint: 'add "libgomp1" to aptPackages',
    logTail,
  });
  const look = { style: plainStyle, columns: 100, cwd: "/" };
  expect(`\n${formatError(error, { ...look, log: { lines: 214 } }).join("\n")}`).toMatchInlineSnapshot(`
    "
      ✗ commands[0] failed with exit code 1   BUILD_STEP_FAILED
        hint: add "libgomp1" to aptPackages
        │ > python -c 'import torch'
        │ ImportError: libgomp.so.1: cannot open shared object file
        log: 214 lines, \`imagespec logs --last\`"
  `);
  const withAll = formatError(error, { ...look, log: { lines: 2 } });
  expect(withAll).toEqual(formatError(error, look));
});
