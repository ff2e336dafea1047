import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ImageSpec } from "../src/spec/image-spec.ts";
import type { ImageSpecInput } from "../src/spec/image-spec-input.ts";
import { normalizeImageSpec } from "../src/spec/normalize-image-spec.ts";
import { resolveImageSpec } from "../src/spec/resolve-image-spec.ts";
import { contentOf, specPairArbitrary } from "../src/testing/spec-arbitrary.ts";

async function examine(input: ImageSpecInput) {
  const spec = normalizeImageSpec(new ImageSpec(input));
  const { fingerprint } = await resolveImageSpec(spec, { lockFile: null });
  return { fingerprint, content: contentOf(spec) };
}

/** 100,000 pairs in the lane of the properties, where a property runs 10,000 times. */
const pairs = Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 1000) * 10;

test(`${pairs} pairs of specs: one fingerprint exactly when they mean the same`, { timeout: 3_600_000 }, async () => {
  let equal = 0;
  await fc.assert(
    fc.asyncProperty(specPairArbitrary, async ([first, second]) => {
      const a = await examine(first);
      const b = await examine(second);
      const same = isDeepStrictEqual(a.content, b.content);
      if (same) equal++;
      return (a.fingerprint === b.fingerprint) === same;
    }),
    { numRuns: pairs },
  );
  // Both answers came up often enough to mean something.
  expect(equal).toBeGreaterThan(pairs / 100);
  expect(equal).toBeLessThan(pairs * 0.99);
});
