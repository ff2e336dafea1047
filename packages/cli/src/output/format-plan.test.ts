import type { PlannedImage } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { expect, test } from "vitest";
import { formatPlan } from "./format-plan.ts";
import { plainStyle } from "./style.ts";

function planned(changes: Partial<PlannedImage>): PlannedImage {
  return {
    name: "acme/train",
    reference: "registry.acme.dev/acme/train:u1-aaaa",
    tag: "u1-aaaa",
    fingerprint: "00",
    platforms: ["linux/amd64"],
    action: "build",
    existing: undefined,
    missing: ["linux/amd64"],
    isBase: false,
    part: "whole",
    appendsTo: undefined,
    whyWhole: undefined,
    builder: "assemble",
    verdicts: [],
    floating: [],
    hints: [],
    problem: undefined,
    ...changes,
  };
}

test("a row an image, then problems and hints", () => {
  const images = [
    planned({ name: "acme/base", reference: "acme/base:u1-aaaa", isBase: true }),
    planned({ name: "acme/train-system", reference: "acme/train-system:u1-aaaa", isBase: true, part: "system" }),
    planned({ hints: ["lock it"], platforms: ["linux/amd64", "linux/arm64"], missing: ["linux/arm64"] }),
    planned({
      name: "acme/old",
      action: "exists",
      builder: undefined,
      existing: {
        reference: "registry.acme.dev/acme/old:u1-aaaa",
        digest: `sha256:${"0".repeat(64)}`,
        platforms: [],
        fingerprint: "00",
      },
      hints: ["not said"],
    }),
    planned({ isBase: true, part: "trunk", reference: "acme/train:u1-aaaa" }),
    planned({ builder: "engine", appendsTo: "acme/train:u1-aaaa" }),
    planned({ name: "acme/no", action: "blocked", builder: undefined, problem: {} }),
  ];
  const error = new ImageSpecError("NO_BUILDER", "no builder takes it", { hint: "install one" });
  const look = { style: plainStyle, columns: 100, cwd: "/", specs: [] };
  expect(`\n${formatPlan(images, () => error, look).join("\n")}`).toMatchInlineSnapshot(`
    "
      action   image                      builder   why
      build    acme/base:u1-aaaa          assemble  base of another image; absent, for linux/amd64; goes to the local store
      build    acme/train-system:u1-aaaa  assemble  base and system packages of another image; absent, for linux/amd64; goes to the local store
      build    acme/train:u1-aaaa         assemble  only linux/arm64 is missing; goes to registry.acme.dev
      exists   acme/old:u1-aaaa           -         registry.acme.dev/acme/old:u1-aaaa is there
      build    acme/train:u1-aaaa         assemble  all but the source of another image; absent, for linux/amd64; goes to the local store
      build    acme/train:u1-aaaa         engine    absent, for linux/amd64; goes to registry.acme.dev; its source is appended to the image without it
      blocked  acme/no:u1-aaaa            -         a build would fail

      ✗ no builder takes it   NO_BUILDER
        hint: install one

      hint: lock it"
  `);
});
