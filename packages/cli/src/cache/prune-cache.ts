import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { throwIfAborted } from "@imagespec/errors";
import type { LocalImageStore } from "@imagespec/image-store";
import { parseDigest } from "@imagespec/oci";
import { type CacheArea, cacheAreas, recordsArea, unpackedArea } from "./cache-area.ts";
import { type CacheItem, scanArea } from "./scan-area.ts";

/** What may stay. */
export interface PruneLimits {
  /** Things that were not used for so long go, in milliseconds; 0 for everything that no image needs. */
  readonly unusedForMs: number;
  /** Bytes of the whole cache folder; what is cheapest to make again goes first, then what was used longest ago. */
  readonly maxBytes: number;
}

/** What was removed of one kind, or would be. */
export interface PrunedArea {
  readonly name: string;
  readonly items: number;
  readonly bytes: number;
}

/** What a pruning came to. */
export interface Pruned {
  readonly areas: readonly PrunedArea[];
  /** Bytes that stay. */
  readonly left: number;
}

interface Options extends PruneLimits {
  /** Only counts. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * Removes what was not used for long, and as much more as a limit of bytes asks for. The images of the local store stay.
 *
 * @throws STORE_CORRUPT when it cannot be told what the images need, ABORTED, STORE_UNUSABLE
 */
export async function pruneCache(cacheFolder: string, store: LocalImageStore, options: Options): Promise<Pruned> {
  const { signal, unusedForMs, maxBytes, dryRun } = options;
  // First, because it fails when the store is damaged: nothing is removed then.
  const unneeded = await store.collectGarbage({ unusedForMs: 0, dryRun: true, signal });
  const aged = await store.collectGarbage({ unusedForMs, dryRun: true, signal });
  const pruned = new PrunedAreas();
  let total = await contentBytes(store);
  let recent: readonly CacheItem[] = [];
  for (const area of cacheAreas) {
    const items = await scanArea(cacheFolder, area, signal);
    total += sizeOf(items);
    if (area === recordsArea) continue;
    const goes = isUnused(area, unusedForMs);
    await remove(area, items.filter(goes), pruned, options);
    if (area === unpackedArea) recent = items.filter((item) => !goes(item) && isUnused(area, 0)(item));
  }
  let excess = total - pruned.bytes - aged.bytes - maxBytes;
  const surplus = recent
    .toSorted((a, b) => a.lastUsed.getTime() - b.lastUsed.getTime())
    .filter(({ bytes }) => {
      if (excess <= 0) return false;
      excess -= bytes;
      return true;
    });
  await remove(unpackedArea, surplus, pruned, options);
  const room = Math.max(0, unneeded.bytes - aged.bytes - Math.max(0, excess));
  const limit = maxBytes === Number.POSITIVE_INFINITY ? {} : { maxBytes: room };
  const collected = await store.collectGarbage({ unusedForMs, ...limit, dryRun, signal });
  pruned.add("content", collected.removed, collected.bytes);
  await removeOrphans(cacheFolder, store, pruned, options);
  return { areas: pruned.list(), left: total - pruned.bytes };
}

/** Counts what was removed. */
class PrunedAreas {
  readonly #areas = new Map<string, PrunedArea>();

  get bytes(): number {
    return sizeOf([...this.#areas.values()]);
  }

  add(name: string, items: number, bytes: number): void {
    const before = this.#areas.get(name) ?? { items: 0, bytes: 0 };
    this.#areas.set(name, { name, items: before.items + items, bytes: before.bytes + bytes });
  }

  list(): readonly PrunedArea[] {
    return [...this.#areas.values()];
  }
}

function sizeOf(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

function isUnused({ leastAgeMs }: CacheArea, unusedForMs: number): (item: CacheItem) => boolean {
  const before = Date.now() - Math.max(leastAgeMs, unusedForMs);
  return ({ lastUsed }) => lastUsed.getTime() <= before;
}

async function remove(
  { name }: CacheArea,
  items: readonly CacheItem[],
  pruned: PrunedAreas,
  { dryRun, signal }: Options,
): Promise<void> {
  for (const { path, bytes } of items) {
    throwIfAborted(signal);
    if (!dryRun) await rm(path, { recursive: true, force: true });
    pruned.add(name, 1, bytes);
  }
}

/** A record without its image says nothing to anybody. */
async function removeOrphans(
  cacheFolder: string,
  store: LocalImageStore,
  pruned: PrunedAreas,
  options: Options,
): Promise<void> {
  const orphans: CacheItem[] = [];
  for (const item of await scanArea(cacheFolder, recordsArea, options.signal)) {
    const hex = basename(item.path, ".json");
    const digest = parseDigest(`${hex.length === 64 ? "sha256" : "sha512"}:${hex}`);
    if (!(await store.content.has(digest))) orphans.push(item);
  }
  await remove(recordsArea, orphans, pruned, options);
}

async function contentBytes(store: LocalImageStore): Promise<number> {
  let bytes = 0;
  for await (const { size } of store.content.list()) bytes += size;
  return bytes;
}
