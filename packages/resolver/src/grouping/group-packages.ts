import { createHash } from "node:crypto";

/** A distribution with the size that decides about its layer. */
export interface SizedDistribution {
  /** Normalised (PEP 503). */
  readonly name: string;
  /** Bytes of the wheel. */
  readonly size: number;
}

export interface PackageGroup {
  /** `alone`: one big distribution. `bucket`: the small ones whose names hash to it. */
  readonly kind: "alone" | "bucket";
  /** The name of the distribution, or the number of the bucket. */
  readonly key: string;
  /** Names, sorted. */
  readonly members: readonly string[];
}

/** `layers`: for images assembled from layers. `stages`: for the stages of a Dockerfile, which cost more each. */
export type GroupingProfile = "layers" | "stages";

const profiles: Readonly<Record<GroupingProfile, { readonly alone: number; readonly buckets: number }>> = {
  layers: { alone: 24, buckets: 24 },
  stages: { alone: 4, buckets: 6 },
};

/** Bytes from which a distribution gets a layer of its own. */
export const aloneSize: number = 4 * 1024 * 1024;

/**
 * Splits distributions into the groups that become layers or stages: the big ones alone, largest first, the others by a
 * hash of their name into a fixed number of buckets.
 *
 * The rule has no memory: adding, removing or upgrading one small distribution changes one bucket. It is fixed from the
 * first release, because a change moves every layer of every image.
 */
export function groupPackages(
  distributions: readonly SizedDistribution[],
  profile: GroupingProfile,
): readonly PackageGroup[] {
  const limits = profiles[profile];
  const bySize = [...distributions].sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  const alone = bySize.filter(({ size }) => size >= aloneSize).slice(0, limits.alone);
  const single = new Set(alone.map(({ name }) => name));
  const buckets = new Map<number, string[]>();
  for (const { name } of distributions) {
    if (single.has(name)) continue;
    const bucket = createHash("sha256").update(name).digest().readUInt32BE(0) % limits.buckets;
    const members = buckets.get(bucket);
    if (members === undefined) buckets.set(bucket, [name]);
    else members.push(name);
  }
  return [
    ...alone.map(({ name }): PackageGroup => ({ kind: "alone", key: name, members: [name] })),
    ...[...buckets]
      .sort(([a], [b]) => a - b)
      .map(([bucket, members]): PackageGroup => ({ kind: "bucket", key: String(bucket), members: members.sort() })),
  ];
}
