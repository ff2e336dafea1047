import type { ResolvedDistribution, WheelDistribution } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";

/** The distributions of a resolution that was asked for without source distributions. @throws RESOLVER_FAILED when it has one */
export function wheelsOnly(distributions: readonly ResolvedDistribution[]): readonly WheelDistribution[] {
  return distributions.map((distribution) => {
    if (distribution.wheel !== undefined) return distribution;
    throw new ImageSpecError("RESOLVER_FAILED", `the resolver chose a source distribution of "${distribution.name}"`, {
      hint: "report this to the authors of the resolver, which was asked for wheels",
      details: { distribution: distribution.name },
    });
  });
}
