import { compareDistributions, type DistributionChange } from "../lock/compare-locks.ts";
import type { OwnLock } from "../lock/lock-meaning.ts";
import type { Json } from "../spec/json.ts";

/** What differs between the bases of two locks: the digest, and the packages that a builder's base is made of. */
export function compareBases(before: OwnLock | undefined, now: OwnLock | undefined): readonly DistributionChange[] {
  const digests =
    before?.baseDigest === now?.baseDigest
      ? []
      : [{ name: nameOf(now ?? before), before: before?.baseDigest, now: now?.baseDigest }];
  return [...digests, ...compareDistributions(packagesOf(before), packagesOf(now))];
}

function nameOf(own: OwnLock | undefined): string {
  const name = own?.inputs["baseImage"];
  return typeof name === "string" ? name : "base";
}

function packagesOf(own: OwnLock | undefined): readonly { readonly name: string; readonly version: string }[] {
  return Object.values(own?.baseLock ?? {}).flatMap((lock) => {
    const list = isObject(lock) ? lock["packages"] : undefined;
    if (!Array.isArray(list)) return [];
    return list.flatMap((entry: Json) => {
      if (!isObject(entry)) return [];
      const { name, version } = entry;
      return typeof name === "string" && typeof version === "string" ? [{ name, version }] : [];
    });
  });
}

function isObject(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
