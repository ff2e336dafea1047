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

test("100,000 pairs of specs: one fingerprint exactly when they mean the same", { timeout: 900_000 }, async () => {
  let equal = 0;
  await fc.assert(
    fc.asyncProperty(specPairArbitrary, async ([first, second]) => {
      const a = await examine(first);
      const b = await examine(second);
      const same = isDeepStrictEqual(a.content, b.content);
      if (same) equal++;
      return (a.fingerprint === b.fingerprint) === same;
    }),
    { numRuns: 100_000 },
  );
  // Both answers came up often enough to mean something.
  expect(equal).toBeGreaterThan(1000);
  expect(equal).toBeLessThan(99_000);
});
