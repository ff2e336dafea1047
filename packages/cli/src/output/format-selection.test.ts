import type { Selection } from "@imagespec/core";
import { expect, test } from "vitest";
import { formatSelection } from "./format-selection.ts";
import { plainStyle } from "./style.ts";

const platforms = ["linux/amd64"];
const problem = (path: string, message: string, hint?: string) =>
  ({ code: "BUILDER_DECLINED", path, message, ...(hint === undefined ? {} : { hint }) }) as const;

test("shows what every builder says", () => {
  const selection: Selection = {
    builder: { name: "buildkit" } as Selection["builder"],
    verdicts: [
      {
        builder: "assemble",
        priority: 100,
        platforms,
        verdict: {
          action: "decline",
          problems: [
            problem("commands[0]", "running commands needs a container engine", "move it to a base image"),
            problem("aptPackages", "there is nobody to install them"),
          ],
        },
      },
      { builder: "buildkit", priority: 80, platforms, verdict: { action: "build", detail: "Docker Engine 28.5" } },
      {
        builder: "aws-codebuild",
        priority: 60,
        platforms,
        verdict: { action: "unavailable", reason: "no project is configured", hint: "set project and bucket" },
      },
    ],
  };
  expect(`\n${formatSelection(selection, plainStyle).join("\n")}`).toMatchInlineSnapshot(`
    "
      assemble       declined     commands[0]: running commands needs a container engine
                                  hint: move it to a base image
                                  aptPackages: there is nobody to install them
      buildkit       build        Docker Engine 28.5
      aws-codebuild  unavailable  no project is configured
                                  hint: set project and bucket"
  `);
});

test("says what to do without any builder", () => {
  expect(formatSelection({ builder: undefined, verdicts: [] }, plainStyle)[1]).toContain("npm install");
});
