import type { ResolvedDistribution } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";

/**
 * The distributions that a base does not have yet.
 *
 * @param present normalised name → version of what is installed in the base's environment
 * @throws WHEEL_CONFLICT for another version of one that it has: both would be there
 */
export function newDistributions<T extends ResolvedDistribution>(
  distributions: readonly T[],
  present: Readonly<Record<string, string>>,
): readonly T[] {
  return distributions.filter(({ name, version }) => {
    const there = present[name];
    if (there === undefined) return true;
    if (there === version) return false;
    throw new ImageSpecError(
      "WHEEL_CONFLICT",
      `the base image already has "${name}" ${there}, the packages need ${version}`,
      {
        hint: "give base and image the same version, or choose a base without it",
        details: { distribution: name, base: there, wanted: version },
      },
    );
  });
}
