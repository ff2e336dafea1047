import { ImageSpecError } from "@imagespec/errors";
import { expect, test } from "vitest";
import { stackOrSkip } from "./require-stack.ts";

const missing = new ImageSpecError("ENGINE_DOWN", "the test stack needs root", { details: { missing: "root" } });
const broken = new ImageSpecError("ENGINE_DOWN", "the test stack did not come up");
const context = {
  skip(note?: string): never {
    throw new Error(`skipped: ${note}`);
  },
};

test("skips with the name of what is missing", async () => {
  const skipped = stackOrSkip(() => Promise.reject(missing), context, {});
  await expect(skipped).rejects.toThrow("skipped: the test stack needs root");
});

test("fails in CI", async () => {
  await expect(stackOrSkip(() => Promise.reject(missing), context, { CI: "true" })).rejects.toBe(missing);
});

test("a stack that breaks is a failure everywhere", async () => {
  await expect(stackOrSkip(() => Promise.reject(broken), context, {})).rejects.toBe(broken);
});
