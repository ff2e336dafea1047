import { createHash } from "node:crypto";
import { nameOfPath } from "../process/log-line.ts";
import type { StorePath } from "./store-path.ts";

/** Store paths that share a layer. */
export interface PathGroup {
  /** Sorted. */
  readonly members: readonly StorePath[];
  /** Bytes of all of them. */
  readonly size: number;
}

/** Layers below this are not worth a request of their own. */
const smallSize = 4 * 1024 * 1024;
/** What is too small for a layer of its own is gathered in this many. */
const mostBuckets = 8;

/**
 * Groups a closure into at most `budget` layers, size first: a path of 4 MiB and more is a cohort, with what nothing else
 * needs; what several of them need is another one. Small cohorts are gathered by a hash of the names that they belong to.
 * A pure function of the graph, without memory: a small path that comes or goes leaves the other layers as they are.
 *
 * Shared layers come first, since engines know a layer by all that is below it.
 */
export function groupPaths(closure: readonly StorePath[], budget: number): readonly PathGroup[] {
  const buckets = Math.max(1, Math.min(mostBuckets, Math.floor(budget / 2)));
  const cohorts = cohortsOf(closure);
  const bySize = [...cohorts].sort((a, b) => b.size - a.size || compare(a.key, b.key));
  const alone = bySize.filter(({ size }) => size >= smallSize).slice(0, Math.max(0, budget - buckets));
  const kept = new Set(alone);
  const gathered = new Map<number, StorePath[]>();
  for (const cohort of cohorts) {
    if (kept.has(cohort)) continue;
    const bucket = bucketOf(cohort, buckets);
    gathered.set(bucket, [...(gathered.get(bucket) ?? []), ...cohort.members]);
  }
  const own = alone.sort((a, b) => b.users - a.users || b.size - a.size || compare(a.key, b.key));
  const rest = [...gathered].sort(([a], [b]) => a - b).map(([, members]) => members);
  return [...own.map(({ members }) => members), ...rest].map((members) => ({
    members: [...members].sort((a, b) => compare(a.path, b.path)),
    size: sizeOf(members),
  }));
}

interface Cohort {
  readonly key: string;
  /** How many large paths need it. */
  readonly users: number;
  readonly names: readonly string[];
  readonly members: readonly StorePath[];
  readonly size: number;
}

/** Paths by the set of large paths that need them. */
function cohortsOf(closure: readonly StorePath[]): readonly Cohort[] {
  const byPath = new Map(closure.map((path) => [path.path, path]));
  const users = new Map<string, string[]>(closure.map(({ path }) => [path, []]));
  const large = closure.filter(({ narSize }) => narSize >= smallSize).sort((a, b) => compare(a.path, b.path));
  for (const { path: root } of large) {
    const pending = [root];
    const seen = new Set<string>();
    for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      users.get(path)?.push(root);
      pending.push(...(byPath.get(path)?.references ?? []));
    }
  }
  const sets = new Map<string, StorePath[]>();
  for (const path of closure) {
    // What no large path needs has nothing in common: each is a cohort of its own.
    const key = (users.get(path.path) ?? []).join(" ") || `- ${path.path}`;
    sets.set(key, [...(sets.get(key) ?? []), path]);
  }
  return [...sets].map(([key, members]) => {
    const roots = key.startsWith("- ") ? [] : key.split(" ");
    return { key, users: roots.length, names: roots.map(plainName).sort(), members, size: sizeOf(members) };
  });
}

/** By names without hashes and versions, so that an update stays where its predecessor was. What no large path needs is spread. */
function bucketOf({ names, members }: Cohort, buckets: number): number {
  const text = names.length === 0 ? plainName(members[0]?.path ?? "") : names.join(" ");
  return createHash("sha256").update(text).digest().readUInt32BE(0) % buckets;
}

function plainName(path: string): string {
  return nameOfPath(path).replace(/-\d.*$/, "");
}

function sizeOf(members: readonly StorePath[]): number {
  return members.reduce((sum, { narSize }) => sum + narSize, 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
