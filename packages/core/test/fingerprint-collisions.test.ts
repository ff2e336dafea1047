import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ImageSpec } from "../src/spec/image-spec.ts";
import type { ImageSpecInput } from "../src/spec/image-spec-input.ts";
import { resolveImageSpec } from "../src/spec/resolve-image-spec.ts";
import { meaningOf, specPairArbitrary } from "../src/testing/spec-arbitrary.ts";

const fingerprint = async (input: ImageSpecInput) => (await resolveImageSpec(new ImageSpec(input))).fingerprint;

test("100,000 pairs of specs: one fingerprint exactly when they mean the same", async () => {
  let equal = 0;
  await fc.assert(
    fc.asyncProperty(specPairArbitrary, async ([a, b]) => {
      const same = isDeepStrictEqual(meaningOf(a), meaningOf(b));
      if (same) equal++;
      expect((await fingerprint(a)) === (await fingerprint(b))).toBe(same);
    }),
    { numRuns: 100_000 },
  );
  expect(equal).toBeGreaterThan(1000);
  expect(equal).toBeLessThan(99_000);
});
