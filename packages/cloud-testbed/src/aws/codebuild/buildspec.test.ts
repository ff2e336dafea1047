import { expect, test } from "vitest";
import { parseBuildspec } from "./buildspec.ts";

// docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
test("reads what a build has to do, from YAML and from JSON", () => {
  const document = {
    version: 0.2,
    env: {
      shell: "bash",
      variables: { A: 1 },
      "secrets-manager": { S: "id:key" },
      "parameter-store": { P: "/p" },
      "exported-variables": ["D"],
    },
    phases: { build: { "on-failure": "ABORT", commands: ["one", 2], finally: ["three"] }, post_build: null },
  };
  expect(parseBuildspec(JSON.stringify(document))).toEqual({
    version: "0.2",
    shell: "bash",
    variables: { A: "1" },
    secretsManager: { S: "id:key" },
    parameterStore: { P: "/p" },
    exportedVariables: ["D"],
    phases: {
      build: { commands: ["one", "2"], finally: ["three"], onFailure: "ABORT" },
      post_build: { commands: [], finally: [], onFailure: undefined },
    },
  });
  expect(
    parseBuildspec("version: 0.2\nphases:\n  install:\n    commands:\n      - |\n        a\n        b\n"),
  ).toMatchObject({
    shell: "sh",
    phases: { install: { commands: ["a\nb\n"] } },
  });
});

test.each([
  ["nothing", "", /map/],
  ["no version", "phases: {build: {commands: [a]}}", /version/],
  ["another version", "version: 0.3\nphases: {build: {commands: [a]}}", /version/],
  ["no phase", "version: 0.2", /At least one phase/],
  [
    "a phase of another name",
    "version: 0.2\nphases: {test: {commands: [a]}}",
    /Expecting: INSTALL,PRE_BUILD,BUILD,POST_BUILD/,
  ],
  [
    "a command with a colon",
    "version: 0.2\nphases: {build: {commands: [echo a: b]}}",
    /Commands\[0\] .* found subkeys/,
  ],
  ["another shell", "version: 0.2\nenv: {shell: fish}\nphases: {build: {commands: [a]}}", /shell: fish/],
  ["another on-failure", "version: 0.2\nphases: {build: {on-failure: IGNORE}}", /IGNORE/],
])("refuses %s", (_, text, message) => {
  expect(() => parseBuildspec(text)).toThrow(
    expect.objectContaining({ statusCode: "YAML_FILE_ERROR", message: expect.stringMatching(message) }),
  );
});

test("says of what it does not play that it does not", () => {
  const text = "version: 0.2\nrun-as: nobody\nphases: {build: {commands: [a]}}";
  expect(() => parseBuildspec(text)).toThrow(expect.objectContaining({ status: "FAULT" }));
});
