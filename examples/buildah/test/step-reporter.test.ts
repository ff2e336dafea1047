import type { BuilderEvent } from "@imagespec/core";
import type { DockerfilePlan } from "@imagespec/dockerfile";
import { expect, test } from "vitest";
import { reportSteps } from "../src/step-reporter.ts";

const plan: DockerfilePlan = {
  text: [
    "ARG PLATFORM=linux/amd64",
    "FROM --platform=$PLATFORM base AS base",
    "# A comment",
    "RUN one \\",
    "    two",
    "",
    "FROM base",
    "RUN three",
    "USER me",
  ].join("\n"),
  dialect: "base",
  context: [],
  secrets: [],
  steps: [
    { firstLine: 4, lastLine: 5, name: "apt", field: "aptPackages" },
    { firstLine: 8, lastLine: 8, name: "three", field: "commands[0]" },
  ],
  buildArgs: {},
};

test("tells of steps from what buildah announces, in whatever pieces it comes", () => {
  const events: BuilderEvent[] = [];
  const reporter = reportSteps(plan, (event) => events.push(event));
  reporter.write("[1/2] STEP 1/2: FROM base AS base\n[1/2] STEP 2", "out");
  reporter.write("/2: RUN one     two\n", "out");
  reporter.write("half a ", "err");
  reporter.write("line\n", "err");
  reporter.write("[2/2] STEP 1/3: FROM 12ab\n[2/2] STEP 2/3: RUN three\nboom\n", "out");
  reporter.end("failed");
  reporter.end("failed");
  expect(events).toMatchObject([
    { type: "step", name: "apt", spec: "aptPackages", state: "running" },
    { type: "log", step: "line 4", stream: "err", text: "half a line\n" },
    { type: "step", name: "apt", state: "done" },
    { type: "step", name: "three", spec: "commands[0]", state: "running" },
    { type: "log", text: "boom\n" },
    { type: "step", name: "three", state: "failed", ms: expect.any(Number) },
  ]);
  expect(reporter.step?.field).toBe("commands[0]");
  expect(reporter.log).toBe("boom\n");
});

test("understands a Dockerfile of one stage", () => {
  const events: BuilderEvent[] = [];
  const one = { ...plan, text: "FROM base\nRUN one", steps: [{ firstLine: 2, lastLine: 2, name: "one", field: "x" }] };
  reportSteps(one, (event) => events.push(event)).write("STEP 2/2: RUN one\n", "out");
  expect(events).toMatchObject([{ name: "one", state: "running" }]);
});
