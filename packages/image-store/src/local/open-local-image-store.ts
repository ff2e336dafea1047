import { ImageSpecError, throwIfAborted } from "@imagespec/errors";
import {
  type Descriptor,
  formatImageReference,
  type ImageReference,
  parseImageReference,
  withTag,
} from "@imagespec/oci";
import type { ContentStore, StoredContent } from "../content/content-store.ts";
import { openContentStore } from "../content/open-content-store.ts";
import { defaultCacheFolder } from "../detect.ts";
import { FolderOciLayout } from "../layout/folder-oci-layout.ts";
import { IndexFile } from "../layout/index-file.ts";
import { createLayout } from "../layout/open-oci-layout.ts";
import { chooseGarbage } from "./choose-garbage.ts";
import type { CollectedGarbage, CollectGarbageOptions, LocalImageStore } from "./local-image-store.ts";
import { findReachable } from "./reachable-content.ts";

const dayMs = 24 * 60 * 60 * 1000;
const defaultUnusedForMs = 30 * dayMs;

function referenceToFind(name: string): ImageReference {
  const reference = parseImageReference(name);
  return reference.tag === undefined && reference.digest === undefined ? withTag(reference, "latest") : reference;
}

function nameToWrite(name: string): string {
  const reference = parseImageReference(name);
  if (reference.tag === undefined && reference.digest === undefined)
    throw new ImageSpecError("REFERENCE_INVALID", `"${name}" has no tag`, {
      hint: `Write the full reference, such as "${name}:latest"`,
      details: { reference: name },
    });
  return formatImageReference(reference);
}

class FolderLocalImageStore extends FolderOciLayout implements LocalImageStore {
  constructor(content: ContentStore, index: IndexFile) {
    const nameToFind = (name: string): string => formatImageReference(referenceToFind(name));
    super(content, index, { nested: true, nameToWrite, nameToFind });
  }

  async resolve(reference: string): Promise<Descriptor | undefined> {
    const { digest } = referenceToFind(reference);
    const found = await this.readManifest(digest === undefined ? { tag: reference } : { digest });
    return found?.descriptor;
  }

  remove(reference: string): Promise<boolean> {
    return this.untag(reference);
  }

  async collectGarbage(options: CollectGarbageOptions = {}): Promise<CollectedGarbage> {
    const { unusedForMs = defaultUnusedForMs, maxBytes = Number.POSITIVE_INFINITY, dryRun = false, signal } = options;
    let garbage: readonly StoredContent[] = [];
    // Under the lock of the index nobody gives a name to what is about to go.
    await this.index.update(async (entries) => {
      // Listed first: following the manifests counts as a use of them.
      const stored: StoredContent[] = [];
      for await (const item of this.content.list()) stored.push(item);
      const reachable = await findReachable(this.content, entries);
      throwIfAborted(signal);
      const unneeded = stored.filter(({ digest }) => !reachable.digests.has(digest));
      garbage = chooseGarbage(unneeded, { usedBefore: new Date(Date.now() - unusedForMs), maxBytes });
      if (dryRun) return entries;
      for (const { digest } of garbage) {
        throwIfAborted(signal);
        await this.content.remove(digest);
      }
      return reachable.entries;
    }, signal);
    return { removed: garbage.length, bytes: garbage.reduce((sum, { size }) => sum + size, 0) };
  }

  /** The folder belongs to every process of the user: nothing is tidied up behind them. */
  override async close(): Promise<void> {}
}

/**
 * Opens the user's local image store, which is created when it is missing.
 *
 * @param root @default the folder of {@link defaultCacheFolder}
 * @throws STORE_UNUSABLE, DISK_FULL
 */
export async function openLocalImageStore(root: string = defaultCacheFolder()): Promise<LocalImageStore> {
  const content = await openContentStore(root);
  await createLayout(root);
  return new FolderLocalImageStore(content, new IndexFile(root));
}
