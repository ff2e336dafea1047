import type { LockedDistribution } from "./lock-meaning.ts";

/** A distribution that came, went, or changed its version. */
export interface DistributionChange {
  readonly name: string;
  /** Versions, one for each platform where they differ: `1.0, 1.1`. */
  readonly before: string | undefined;
  readonly now: string | undefined;
}

type Named = Pick<LockedDistribution, "name" | "version">;

/** What differs between two sets of distributions, sorted by name. */
export function compareDistributions(before: readonly Named[], now: readonly Named[]): readonly DistributionChange[] {
  const [left, right] = [versionsOf(before), versionsOf(now)];
  const names = [...new Set([...left.keys(), ...right.keys()])].sort();
  return names.flatMap((name) => {
    const change = { name, before: left.get(name), now: right.get(name) };
    return change.before === change.now ? [] : [change];
  });
}

function versionsOf(distributions: readonly Named[]): ReadonlyMap<string, string> {
  const versions = new Map<string, Set<string>>();
  for (const { name, version } of distributions) versions.set(name, (versions.get(name) ?? new Set()).add(version));
  return new Map([...versions].map(([name, set]) => [name, [...set].sort().join(", ")]));
}
