import { canonicalJson } from "../fingerprint/canonical-json.ts";
import { sha256Hex } from "../fingerprint/sha256-hex.ts";
import type { Json } from "../spec/json.ts";
import type { LockedDistribution, LockMeaning } from "./lock-meaning.ts";

/** Puts a lock's content into its one form and computes the fingerprint of its meaning. */
export function lockMeaning(
  lock: Omit<LockMeaning, "fingerprint" | "hashed">,
  /** Anything else of the lock that changes what is installed. */
  more: Json = null,
): LockMeaning {
  const distributions = [...lock.distributions].sort((a, b) => {
    const [left, right] = [sortKey(a), sortKey(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
  const fingerprint = sha256Hex(
    canonicalJson({
      kind: lock.kind,
      requiresPython: lock.requiresPython ?? null,
      distributions: distributions.map(({ name, version, hashes, marker, source }) => [
        name,
        version,
        hashes,
        marker ?? null,
        source ?? null,
      ]),
      more,
    }),
  );
  return { ...lock, distributions, hashed: distributions.every(({ hashes }) => hashes.length > 0), fingerprint };
}

function sortKey({ name, version, marker, source }: LockedDistribution): string {
  return [name, version, marker ?? "", source ?? ""].join("\n");
}

/** Hashes of files, sorted, without doubles. */
export function sortedHashes(hashes: Iterable<string>): readonly string[] {
  return [...new Set(hashes)].sort();
}
