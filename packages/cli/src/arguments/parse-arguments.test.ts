import { describe, expect, test } from "vitest";
import type { OptionTable } from "./option.ts";
import { parseArguments } from "./parse-arguments.ts";

const options: OptionTable = {
  registry: { type: "text", value: "HOST", summary: "x" },
  platform: { type: "text", isList: true, summary: "x" },
  existence: { type: "text", choices: ["build", "fail"], summary: "x" },
  concurrency: { type: "text", summary: "x" },
  quiet: { type: "flag", short: "q", summary: "x" },
};
const parse = (...argv: readonly string[]) => parseArguments(argv, { name: "build", options, takesRest: true });

test("reads options in every form, positionals and the rest", () => {
  const args = parse(
    "a.yaml",
    "--registry=r.dev",
    "--platform",
    "linux/arm64",
    "-q",
    "--platform=x",
    "b.yaml",
    "--",
    "--y",
    "z",
  );
  expect(args.positionals).toEqual(["a.yaml", "b.yaml"]);
  expect(args.rest).toEqual(["--y", "z"]);
  expect(args.text("registry")).toBe("r.dev");
  expect(args.list("platform")).toEqual(["linux/arm64", "x"]);
  expect(args.flag("quiet")).toBe(true);
  expect(args.text("existence")).toBeUndefined();
});

test("a lone hyphen is a positional, and a value may begin with one", () => {
  expect(parse("-").positionals).toEqual(["-"]);
  expect(parse("--registry", "-x").text("registry")).toBe("-x");
  expect(parse("--registry=--x").text("registry")).toBe("--x");
});

describe("refuses", () => {
  test.each<readonly [string, readonly string[], string]>([
    ["an unknown option, and names the nearest", ["--registy", "x"], '"build" has no option "--registy"'],
    ["an unknown letter", ["-z"], '"build" has no option "-z"'],
    ["a missing value at the end", ["--registry"], 'option "--registry" needs a value'],
    ["a missing value before an option", ["--registry", "--quiet"], 'option "--registry" needs a value'],
    ["a value for a flag", ["--quiet=yes"], 'option "--quiet" takes no value'],
    ["a value that is no choice", ["--existence", "maybe"], '"maybe" is no value of "--existence"'],
    ["an option twice", ["--registry", "a", "--registry", "b"], 'option "--registry" is given twice'],
  ])("%s", (_what, argv, message) => {
    expect(() => parse(...argv)).toThrow(expect.objectContaining({ code: "CLI_USAGE", message }));
  });

  test("more positionals than there may be", () => {
    const grammar = { name: "run", options, maxPositionals: 1, takesRest: true };
    expect(() => parseArguments(["a", "b"], grammar)).toThrow('"run" does not take the argument "b"');
  });

  test.each(["0", "-1", "1.5", "x", "1e3", ""])("the number %j", (value) => {
    expect(() => parse(`--concurrency=${value}`).integer("concurrency", 1)).toThrow("--concurrency");
  });
});

test("names the nearest option in the hint", () => {
  expect(() => parse("--registy", "x")).toThrow(
    expect.objectContaining({ hint: 'write "--registry", or run "imagespec build --help" for what there is' }),
  );
});

test("names of object members are options like any other", () => {
  expect(() => parse("--constructor")).toThrow('"build" has no option "--constructor"');
});
