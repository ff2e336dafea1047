import { expect, test } from "vitest";
import type { AskedRequirement } from "./asked-packages.ts";
import { askedPackages } from "./asked-packages.ts";
import type { Evaluation, ProbeStatus } from "./evaluation.ts";
import { probeProblems } from "./probe-problems.ts";

const target = { platform: "linux/amd64", pythonVersion: "3.12" };

function asked(...packages: readonly string[]): readonly AskedRequirement[] {
  return askedPackages({ packages, requirementLines: packages, constraintLines: [] }, target).asked;
}

function evaluation(packages: readonly (readonly [ProbeStatus, string?])[], python = "3.12.7"): Evaluation {
  return {
    nix: "2.8.0",
    set: { version: "25.05", source: "/nix/store/x" },
    python: { status: "ok", version: python, default: python, available: [] },
    packages: packages.map(([status, version]) => ({ status, version, extras: [] })),
    names: ["numpy", "scikit-learn"],
    system: [],
    roots: [],
  };
}

function codes(found: Evaluation, packages: readonly AskedRequirement[], pythonVersion = "3.12"): readonly string[] {
  return probeProblems(found, { pin: "set", pythonVersion, packages, system: [] }).map(
    ({ code, path }) => `${code} ${path}`,
  );
}

test.each<[string, string, boolean]>([
  ["numpy", "2.3.4", true],
  ["numpy>=2,<3", "2.3.4", true],
  ["numpy==2.3.*", "2.3.4", true],
  ["numpy~=2.3", "2.3.4", true],
  ["numpy==1.26.4", "2.3.4", false],
  ["numpy!=2.3.4", "2.3.4", false],
  ["numpy<2.3", "2.3.4", false],
  ["numpy>=2", "2.4rc1", true],
  ["numpy>=2", "2.3.4-unstable-2025-01-01", true],
  ["numpy===2.3.4", "2.3.4", true],
  ["numpy>=1", "of-today", false],
])("%s and %s", (requirement, version, fits) => {
  expect(codes(evaluation([["ok", version]]), asked(requirement))).toEqual(
    fits ? [] : ["SPEC_VERSION_NOT_FOUND packages[0]"],
  );
});

test("all problems are told at once, with the version that is there and a near name", () => {
  const found = evaluation([
    ["missing"],
    ["ok", "2.3.4"],
    ["broken"],
    ["throws"],
    ["unfree"],
    ["insecure"],
    ["not-a-package"],
  ]);
  const question = {
    pin: "set",
    pythonVersion: "3.12",
    packages: asked("nunpy", "numpy==1", "a", "b", "c", "d", "lib"),
    system: [],
  };
  const problems = probeProblems(found, question);
  expect(problems.map(({ path }) => path)).toEqual([0, 1, 2, 3, 4, 5, 6].map((index) => `packages[${index}]`));
  expect(problems[0]).toMatchObject({ code: "SPEC_PACKAGE_NOT_FOUND", hint: expect.stringContaining('"numpy"') });
  expect(problems[1]?.message).toContain("2.3.4");
});

test("a patch version of Python is exact", () => {
  expect(codes(evaluation([]), [], "3.12.7")).toEqual([]);
  expect(codes(evaluation([]), [], "3.12.4")).toEqual(["SPEC_VERSION_NOT_FOUND pythonVersion"]);
});

test("markers decide what is asked, constraints count, and names are tried in the spellings of nixpkgs", () => {
  const spec = {
    packages: ["Foo.Bar; sys_platform == 'linux'", "win; sys_platform == 'win32'"],
    requirementLines: ["Foo.Bar; sys_platform == 'linux'", "win; sys_platform == 'win32'", "baz"],
    constraintLines: ["baz<2"],
  };
  const { asked: found, problems } = askedPackages(spec, target);
  expect(problems).toEqual([]);
  expect(found.map(({ name, path, specifiers }) => [name, path, specifiers])).toEqual([
    ["foo-bar", "packages[0]", []],
    ["baz", "requirements", ["<2"]],
  ]);
  expect(found[0]?.candidates).toEqual([["foo-bar"], ["foo_bar"], ["foobar"]]);
});
