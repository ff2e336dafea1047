import type { Descriptor, Digest, ImageSink, ImageSource, Platform, WrittenBlob } from "@imagespec/oci";
import type { OperationOptions } from "../registry-client-options.ts";
import type { ManifestReference } from "../repository.ts";
import { type CopyPlan, type PlannedManifest, planCopy } from "./copy-plan.ts";
import { isBlobLoss } from "./is-blob-loss.ts";
import { isRepository } from "./is-repository.ts";
import { runParallel } from "./run-parallel.ts";

/** Progress of one blob of a copy. */
export interface CopyProgress {
  readonly digest: Digest;
  /** Bytes of the blob sent so far; starts again when a retry starts again. */
  readonly current: number;
  readonly total: number;
  /** Set when the blob is there; again after one that the registry lost was sent once more. */
  readonly action?: "exists" | "mounted" | "written";
}

export interface CopyImageOptions extends OperationOptions {
  /** Tag given to the copy. @default none: it is reachable by digest only */
  readonly tag?: string | undefined;
  /** Copies only these platforms of an index; one platform yields its manifest, several an index of them. @default all */
  readonly platforms?: readonly Platform[] | undefined;
  /** Blobs copied at once. @default 4 */
  readonly concurrency?: number | undefined;
  /** Repositories of the target registry that may have the blobs. @default the source, when it is one of the same registry */
  readonly mountFrom?: readonly string[] | undefined;
  readonly onProgress?: ((event: CopyProgress) => void) | undefined;
}

export interface CopyImageResult {
  /** Of the manifest or index in the target. */
  readonly descriptor: Descriptor;
  /** Bytes of the blobs that were sent; manifests do not count. */
  readonly bytesSent: number;
  readonly blobsSent: number;
  /** Blobs that were there or mounted. */
  readonly blobsReused: number;
}

/**
 * Copies an image or index between any source and sink: blobs first, manifests after, the tag last, so that a copy that fails
 * half-way leaves no image that is not whole. Layers that may not be distributed stay where they are. A registry that refuses a manifest
 * because it lost blobs in between, or only said to have mounted them, gets the blobs once more.
 * @throws IMAGE_NOT_FOUND (REGISTRY_NOT_FOUND for a registry) when the source lacks the image or a platform; and what source and sink throw
 */
export async function copyImage(
  source: ImageSource,
  reference: ManifestReference,
  sink: ImageSink,
  options: CopyImageOptions = {},
): Promise<CopyImageResult> {
  const { concurrency = 4, platforms, signal, tag } = options;
  const plan = await planCopy(source, reference, platforms, { signal });
  const present = await presentManifests(plan, sink, { signal });
  const blobs = blobsOf(plan.manifests);
  const needed = new Set(
    blobsOf(plan.manifests.filter((manifest) => !present.has(manifest))).map(({ digest }) => digest),
  );
  const mountFrom = mountSources(source, sink, options.mountFrom);

  let bytesSent = 0;
  const sent = new Set<Digest>();
  const bring = (wanted: readonly Descriptor[], from: readonly string[]): Promise<void> =>
    runParallel(wanted, concurrency, signal, async (blob, inner) => {
      const { digest, size: total } = blob;
      const report = (current: number): void => options.onProgress?.({ digest, current, total });
      const { action }: WrittenBlob = needed.has(digest)
        ? await sink.writeBlob(blob, () => source.openBlob(blob, { signal: inner }), {
            signal: inner,
            onProgress: report,
            mountFrom: from,
          })
        : { action: "exists" };
      if (action === "written") {
        bytesSent += total;
        sent.add(digest);
      }
      options.onProgress?.({ digest, current: total, total, action });
    });
  await bring(blobs, mountFrom);

  for (const manifest of plan.manifests) {
    const isRoot = manifest === plan.root;
    if (present.has(manifest) && !(isRoot && tag !== undefined)) continue;
    const { bytes, descriptor } = manifest;
    const write = (): Promise<Descriptor> =>
      sink.writeManifest(bytes, descriptor.mediaType, { signal, ...(isRoot && tag !== undefined ? { tag } : {}) });
    try {
      await write();
    } catch (error) {
      if (!isBlobLoss(error)) throw error;
      for (const { digest } of manifest.blobs) needed.add(digest);
      await bring(blobsOf([manifest]), []);
      await write();
    }
  }
  const blobsSent = sent.size;
  return { descriptor: plan.root.descriptor, bytesSent, blobsSent, blobsReused: blobs.length - blobsSent };
}

/** A registry that has a manifest has its blobs: one question instead of one a blob. */
async function presentManifests(
  plan: CopyPlan,
  sink: ImageSink,
  options: OperationOptions,
): Promise<ReadonlySet<PlannedManifest>> {
  const present = new Set<PlannedManifest>();
  if (!isRepository(sink)) return present;
  await runParallel(plan.manifests, 4, options.signal, async (manifest, signal) => {
    const { digest } = manifest.descriptor;
    if ((await sink.headManifest({ digest }, { signal, mirrors: false })) !== undefined) present.add(manifest);
  });
  return present;
}

function blobsOf(manifests: readonly PlannedManifest[]): readonly Descriptor[] {
  return [...new Map(manifests.flatMap(({ blobs }) => blobs).map((blob) => [blob.digest, blob])).values()];
}

function mountSources(source: ImageSource, sink: ImageSink, given: readonly string[] = []): readonly string[] {
  const sameRegistry = isRepository(source) && isRepository(sink) && source.registry === sink.registry;
  return sameRegistry ? [...new Set([source.repository, ...given])] : given;
}
