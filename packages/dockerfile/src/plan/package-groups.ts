import type { ResolvedDistribution, ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { groupPackages } from "@imagespec/resolver";
import type { BaseFacts } from "../probe/base-facts.ts";

/** Distributions that are installed in one stage. */
export interface StageGroup {
  /** `numpy`, or the number of the bucket. */
  readonly key: string;
  /** Sorted by name. */
  readonly members: readonly ResolvedDistribution[];
  /** Whether some of them are built: these need what the system packages bring. */
  readonly isBuilt: boolean;
}

/** The groups that an image's packages are installed in; without what its base has already. @throws WHEEL_CONFLICT */
export function stageGroups(
  spec: Pick<ResolvedImageSpec, "pythonExec">,
  distributions: readonly ResolvedDistribution[],
  facts: BaseFacts | undefined,
): readonly StageGroup[] {
  const added = withoutThose(spec, distributions, facts);
  const byName = new Map(added.map((distribution) => [distribution.name, distribution]));
  const sized = added.map((distribution) => ({ name: distribution.name, size: sizeOf(distribution) }));
  return groupPackages(sized, "stages").map(({ key, members }) => {
    const found = members.flatMap((name) => byName.get(name) ?? []);
    return { key, members: found, isBuilt: found.some(({ wheel }) => wheel === undefined) };
  });
}

function sizeOf({ wheel, sdist }: ResolvedDistribution): number {
  if (wheel !== undefined) return wheel.size ?? 0;
  return sdist.kind === "archive" ? (sdist.size ?? 0) : 0;
}

function withoutThose(
  { pythonExec }: Pick<ResolvedImageSpec, "pythonExec">,
  distributions: readonly ResolvedDistribution[],
  facts: BaseFacts | undefined,
): readonly ResolvedDistribution[] {
  return distributions.filter(({ name, version }) => {
    if (pythonExec !== undefined && facts?.pythonDistributions[name] === version) return false;
    const there = facts?.distributions[name];
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
