import { ImageSpec, type ImageSpecInput, resolveImageSpec, type SelectionContext } from "@imagespec/core";
import { expect, test } from "vitest";
import { __factory__ } from "./index.ts";

// This builder's verdict depends on the spec alone.
const context = {} as SelectionContext;

async function verdict(input: ImageSpecInput) {
  const spec = await resolveImageSpec(new ImageSpec(input), { root: import.meta.dirname });
  return __factory__({ platforms: ["linux/amd64"] }).shouldBuild(spec, context);
}

test("takes what it has machines for", async () => {
  expect(await verdict({ packages: ["numpy"] })).toEqual({ action: "build" });
});

test("declines other platforms, naming the field", async () => {
  expect(await verdict({ platform: "linux/s390x" })).toMatchObject({
    action: "decline",
    problems: [{ path: "platform", hint: expect.any(String) }],
  });
});
