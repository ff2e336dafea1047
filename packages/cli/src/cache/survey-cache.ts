import { isImageSpecError } from "@imagespec/errors";
import type { LocalImageStore } from "@imagespec/image-store";
import { type Digest, isImageIndex, parseManifest } from "@imagespec/oci";
import { cacheAreas } from "./cache-area.ts";
import { scanArea } from "./scan-area.ts";

/** What one kind of thing takes. */
export interface AreaUse {
  readonly name: string;
  readonly about: string;
  readonly items: number;
  readonly bytes: number;
  /** The latest and the earliest use of an item; nothing without items. */
  readonly lastUsed: Date | undefined;
  readonly oldestUse: Date | undefined;
  /** Why it cannot be told. */
  readonly problem?: string;
}

/** What the cache folder holds, by what it is. */
export async function surveyCache(
  cacheFolder: string,
  store: LocalImageStore | undefined,
  signal: AbortSignal,
): Promise<readonly AreaUse[]> {
  const areas: AreaUse[] = store === undefined ? [] : [...(await contentUse(store, signal))];
  for (const area of cacheAreas) {
    const items = await scanArea(cacheFolder, area, signal);
    areas.push({ name: area.name, about: area.about, ...totalOf(items) });
  }
  return areas;
}

/** Content is the images' or a cache, and which of the two is known only by following the images. */
async function contentUse(store: LocalImageStore, signal: AbortSignal): Promise<readonly AreaUse[]> {
  const about = "content of the images in the local store";
  const content: { readonly digest: Digest; readonly bytes: number; readonly lastUsed: Date }[] = [];
  // Listed first: following the images counts as a use of their manifests.
  for await (const { digest, size, lastUsed } of store.content.list()) content.push({ digest, bytes: size, lastUsed });
  try {
    const needed = await neededContent(store, signal);
    return [
      { name: "images", about, ...totalOf(content.filter(({ digest }) => needed.has(digest))) },
      {
        name: "content",
        about: "layers, wheels and Debian packages that no image needs",
        ...totalOf(content.filter(({ digest }) => !needed.has(digest))),
      },
    ];
  } catch (error) {
    if (!isImageSpecError(error) || signal.aborted) throw error;
    return [{ name: "images", about, ...totalOf(content), problem: error.message }];
  }
}

/** What the images of a store consist of, as far as it is there. @throws STORE_CORRUPT, MANIFEST_INVALID */
async function neededContent(store: LocalImageStore, signal: AbortSignal): Promise<ReadonlySet<Digest>> {
  const needed = new Set<Digest>();
  const follow = async (digest: Digest): Promise<void> => {
    if (needed.has(digest)) return;
    needed.add(digest);
    const stored = await store.readManifest({ digest }, { signal });
    if (stored === undefined) return;
    const manifest = parseManifest(stored.bytes, stored.descriptor.mediaType);
    if (isImageIndex(manifest)) for (const child of manifest.manifests) await follow(child.digest);
    else for (const blob of [manifest.config, ...manifest.layers]) needed.add(blob.digest);
  };
  for (const { descriptor } of await store.list()) await follow(descriptor.digest);
  return needed;
}

function totalOf(
  items: readonly { readonly bytes: number; readonly lastUsed: Date }[],
): Pick<AreaUse, "items" | "bytes" | "lastUsed" | "oldestUse"> {
  const times = items.map(({ lastUsed }) => lastUsed.getTime());
  const first = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  const last = times.reduce((most, time) => Math.max(most, time), 0);
  return {
    items: items.length,
    bytes: items.reduce((sum, { bytes }) => sum + bytes, 0),
    lastUsed: items.length === 0 ? undefined : new Date(last),
    oldestUse: items.length === 0 ? undefined : new Date(first),
  };
}
