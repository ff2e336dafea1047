import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { buildspec } from "./buildspec.ts";

const commands = buildspec.split("      - |\n")[1]?.replace(/^ {8}/gm, "") ?? "";

test("has one phase, one command, and exports the digest", () => {
  expect(buildspec).toMatch(/^version: 0\.2\n/);
  expect(buildspec.match(/^ {2}[\w-]+:$/gm)).toEqual(["  exported-variables:", "  build:"]);
  expect(buildspec.match(/^ {6}- /gm)).toEqual(["      - "]);
  expect(buildspec).not.toContain("post_build");
  expect(commands.startsWith("set -euo pipefail\n")).toBe(true);
});

test("is a script that bash can read", () => {
  const { status, stderr } = spawnSync("bash", ["-n"], { input: commands, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
});

test("has no value of anybody in it: what differs comes by variables", () => {
  expect(commands).not.toMatch(/\beval\b|\d{12}|amazonaws/);
  for (const [, name] of commands.matchAll(/\$\{?!?([A-Z_]{2,})/g))
    expect(name).toMatch(/^(?:IMAGESPEC_|CODEBUILD_SRC_DIR$)/);
});
