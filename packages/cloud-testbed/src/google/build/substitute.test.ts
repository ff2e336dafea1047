// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are templates of Cloud Build
import { expect, test } from "vitest";
import type { Build } from "./build.ts";
import { substitute, substitutionValues } from "./substitute.ts";

const builtIn = { PROJECT_ID: "acme", PROJECT_NUMBER: "123", BUILD_ID: "id", LOCATION: "global" };

function substituted(args: readonly string[], more: Build = {}): readonly string[] | undefined {
  const build: Build = { steps: [{ name: "x", args }], ...more };
  substitute(build, substitutionValues(build, builtIn));
  return build.steps?.[0]?.args;
}

// "Substituting variable values" in the documentation; cloud-build-local, subst/subst.go.
test.for([
  ["$PROJECT_ID", "acme"],
  ["${PROJECT_ID}x", "acmex"],
  ["$$PROJECT_ID $$$$ $$$PROJECT_ID", "$PROJECT_ID $$ $acme"],
  ["$lower ${lower} $1 $ $", "$lower ${lower} $1 $ $"],
  ["$BRANCH_NAME.", "."],
  ["${PROJECT_ID", "${PROJECT_ID"],
] as const)("%s becomes %s", ([text, expected]) => {
  expect(substituted([text])).toEqual([expected]);
});

test("a user's values are used, and a key and a value need each other", () => {
  expect(substituted(["$_A-${_B}"], { substitutions: { _A: "1", _B: "$_A" } })).toEqual(["1-$_A"]);
  expect(() => substituted(["$_A"])).toThrow('key in the template "_A" is not matched in the substitution data');
  expect(() => substituted([], { substitutions: { _A: "1" } })).toThrow('key "_A" in the substitution data');
  const loose = { options: { substitutionOption: "ALLOW_LOOSE" } };
  expect(substituted(["$_A."], loose)).toEqual(["."]);
  expect(substituted([], { ...loose, substitutions: { _A: "1" } })).toEqual([]);
  expect(substituted([], { options: { automapSubstitutions: true }, substitutions: { _A: "1" } })).toEqual([]);
});

test("a key of the service that there is not is an error, loose or not", () => {
  expect(() => substituted(["$HOME"])).toThrow('"HOME" is not a valid built-in substitution');
  expect(() => substituted(["$HOME"], { options: { substitutionOption: "ALLOW_LOOSE" } })).toThrow("HOME");
});

test("scripts, the source and the log bucket are left alone", () => {
  const build: Build = {
    steps: [{ name: "x", script: "echo $HOME $_A" }],
    logsBucket: "gs://$PROJECT_ID",
    source: { storageSource: { bucket: "$PROJECT_ID", object: "$$" } },
    tags: ["$BUILD_ID"],
    images: ["$PROJECT_ID/x"],
  };
  substitute(build, substitutionValues(build, builtIn));
  expect(build).toMatchObject({
    steps: [{ script: "echo $HOME $_A" }],
    logsBucket: "gs://$PROJECT_ID",
    source: { storageSource: { bucket: "$PROJECT_ID", object: "$$" } },
    tags: ["id"],
    images: ["acme/x"],
  });
});
