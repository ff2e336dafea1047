import {
  type Descriptor,
  type Digest,
  type ImageIndex,
  type ImageManifest,
  isImageIndex,
  isIndexMediaType,
  isManifestMediaType,
  maxManifestSize,
  parseManifest,
} from "@imagespec/oci";
import type { ContentStore } from "../content/content-store.ts";
import { entryName } from "../layout/index-entries.ts";

/** What must stay. */
export interface ReachableContent {
  readonly digests: ReadonlySet<Digest>;
  /** Entries of the index without those that refer to an image which is gone. */
  readonly entries: readonly Descriptor[];
}

async function readIfThere(content: ContentStore, digest: Digest): Promise<ImageManifest | ImageIndex | undefined> {
  if (!(await content.has(digest))) return undefined;
  return parseManifest(await content.read(digest, { maxSize: maxManifestSize }));
}

/** Adds what a manifest or index needs, itself included. Platforms of an index may be absent. */
async function addTree(content: ContentStore, root: Descriptor, digests: Set<Digest>): Promise<void> {
  if (digests.has(root.digest)) return;
  digests.add(root.digest);
  if (!isManifestMediaType(root.mediaType) && !isIndexMediaType(root.mediaType)) return;
  const manifest = await readIfThere(content, root.digest);
  if (manifest === undefined) return;
  if (isImageIndex(manifest)) for (const child of manifest.manifests) await addTree(content, child, digests);
  else for (const { digest } of [manifest.config, ...manifest.layers]) digests.add(digest);
}

/**
 * Follows the entries of an index to all content they need. An unnamed manifest with a `subject` stays as long as that does.
 *
 * @throws STORE_CORRUPT, MANIFEST_INVALID when a manifest cannot be read
 */
export async function findReachable(content: ContentStore, entries: readonly Descriptor[]): Promise<ReachableContent> {
  const digests = new Set<Digest>();
  const referrers: { readonly entry: Descriptor; readonly subject: Digest }[] = [];
  for (const entry of entries) {
    const subject = entryName(entry) === undefined ? (await readIfThere(content, entry.digest))?.subject : undefined;
    if (subject === undefined) await addTree(content, entry, digests);
    else referrers.push({ entry, subject: subject.digest });
  }
  let waiting = referrers;
  for (let before = -1; before !== waiting.length; ) {
    before = waiting.length;
    for (const { entry } of waiting.filter(({ subject }) => digests.has(subject)))
      await addTree(content, entry, digests);
    waiting = waiting.filter(({ entry }) => !digests.has(entry.digest));
  }
  const gone = new Set(waiting.map(({ entry }) => entry));
  return { digests, entries: entries.filter((entry) => !gone.has(entry)) };
}
