import { expect, test } from "vitest";
import { defaultEngine, enginesUnderTest } from "./engines-under-test.ts";

test("one engine where nothing is asked for, and no slow tests", () => {
  const expected = { engines: ["20.10"], buildkitd: false, daemons: ["20.10"], slow: false };
  expect(enginesUnderTest({})).toEqual(expected);
  expect(enginesUnderTest({ IMAGESPEC_ENGINES: "", IMAGESPEC_STACK_ENGINE: "" })).toEqual(expected);
  expect(enginesUnderTest({ IMAGESPEC_STACK_ENGINE: "28.5" })).toMatchObject({ engines: ["28.5"], slow: false });
});

test("a list names the daemons and switches slow tests on", () => {
  expect(enginesUnderTest({ IMAGESPEC_ENGINES: "buildkitd, 28.5,20.10,28.5" })).toEqual({
    engines: ["20.10", "28.5"],
    buildkitd: true,
    daemons: ["20.10", "28.5", "buildkitd"],
    slow: true,
  });
  expect(enginesUnderTest({ IMAGESPEC_ENGINES: "buildkitd", IMAGESPEC_STACK_ENGINE: "26.1" })).toMatchObject({
    engines: ["26.1"],
    daemons: ["buildkitd"],
  });
});

test("a name that is none is refused with those that are", () => {
  expect(() => enginesUnderTest({ IMAGESPEC_ENGINES: "29" })).toThrow(/unknown engine "29"; known are 20\.10, /);
  expect(() => defaultEngine({ IMAGESPEC_STACK_ENGINE: "buildkitd" })).toThrow(/names an Engine/);
});
