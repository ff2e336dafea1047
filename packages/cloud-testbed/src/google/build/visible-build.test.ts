import { expect, test } from "vitest";
import type { Build } from "./build.ts";
import { visibleBuild } from "./visible-build.ts";

const build: Build = {
  status: "WORKING",
  steps: [{ name: "a", status: "SUCCESS", exitCode: 0, timing: {} }],
  results: { images: [] },
};

// "Build step status is only updated on build completion" (cloudbuild.proto, BuildStep.status).
test("steps have a status when the build has ended", () => {
  expect(visibleBuild(build).steps).toEqual([{ name: "a", timing: {} }]);
  expect(visibleBuild({ ...build, status: "FAILURE" }).steps).toEqual(build.steps);
});

test("a status that is shown in place of the build's own comes without results", () => {
  expect(visibleBuild({ ...build, status: "SUCCESS" }, 99)).toEqual({ status: 99, steps: [{ name: "a", timing: {} }] });
});
