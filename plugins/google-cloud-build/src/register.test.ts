import { defaultBuilderRegistry } from "@imagespec/core";
import { expect, test } from "vitest";

test("registers itself with its defaults", async () => {
  await import("./register.ts");
  expect(defaultBuilderRegistry().get("google-cloud-build")).toMatchObject({ priority: 60 });
});
