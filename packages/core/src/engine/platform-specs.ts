import { platformSpec } from "../fingerprint/fingerprint-spec.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { BuildTarget } from "./build-target.ts";

/** Each platform of a target as a spec of its own; a target of one platform is that already. */
export function platformSpecsOf({ spec }: Pick<BuildTarget, "spec">): readonly ResolvedImageSpec[] {
  return spec.platforms.length === 1 ? [spec] : spec.platforms.map((platform) => platformSpec(spec, platform));
}
