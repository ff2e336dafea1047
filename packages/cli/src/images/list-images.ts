import { storeRecords } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import type { LocalImageStore } from "@imagespec/image-store";
import { type Digest, familiarImageReference, parseImageReference } from "@imagespec/oci";
import { summarizeRecord } from "./record-summary.ts";
import { surveyImage } from "./survey-image.ts";

/** An image of the local store. */
export interface LocalImage {
  /** Canonical. */
  readonly reference: string;
  /** As people type it. */
  readonly name: string;
  readonly digest: Digest;
  readonly platforms: readonly string[];
  /** Compressed, with what it shares with others. */
  readonly size: number;
  readonly layers: number;
  /** When it was built, by its record; nothing for images from elsewhere. */
  readonly created: string | undefined;
  /** Why it cannot be used. */
  readonly problem: string | undefined;
}

/** The named images of the local store, by name. @throws STORE_CORRUPT, STORE_UNUSABLE, ABORTED */
export async function listImages(store: LocalImageStore, signal: AbortSignal): Promise<readonly LocalImage[]> {
  const entries = await store.list();
  const images = await Promise.all(
    entries.flatMap(({ name, descriptor }) =>
      name === undefined ? [] : [describeEntry(store, name, descriptor.digest, signal)],
    ),
  );
  return images.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function describeEntry(
  store: LocalImageStore,
  reference: string,
  digest: Digest,
  signal: AbortSignal,
): Promise<LocalImage> {
  const known = { reference, name: shortName(reference), digest };
  try {
    const root = await store.readManifest({ digest }, { signal });
    if (root === undefined) return damaged(known, "its manifest is missing");
    const { platforms, layers, manifests } = await surveyImage({ source: store, root }, undefined, signal);
    const created = await Promise.all(
      manifests.map(async ({ descriptor }) => {
        const record = await storeRecords(store).read(descriptor.digest, { signal });
        return record === undefined ? undefined : summarizeRecord(record)?.created;
      }),
    );
    const last = created
      .filter((time) => time !== undefined)
      .sort()
      .at(-1);
    return { ...known, platforms, size: layers.size, layers: layers.total, created: last, problem: undefined };
  } catch (error) {
    // One damaged image must not hide the others.
    if (!isImageSpecError(error) || signal.aborted) throw error;
    return damaged(known, error.message);
  }
}

function damaged(known: Pick<LocalImage, "reference" | "name" | "digest">, problem: string): LocalImage {
  return { ...known, platforms: [], size: 0, layers: 0, created: undefined, problem };
}

function shortName(reference: string): string {
  return familiarImageReference(parseImageReference(reference));
}
