import { type PackedContext, type PreparedImage, packContext } from "@imagespec/cloud-support";
import type { BuildRequest } from "@imagespec/core";
import type { BucketPort } from "../aws/ports.ts";

/** A build context in the bucket. */
export interface UploadedContext {
  readonly key: string;
  /** Of a bucket with versions. */
  readonly version: string | undefined;
  /** Bytes that were sent: 0 when it was there. */
  readonly sent: number;
  readonly sha256: string;
}

/**
 * Packs the context and brings it into the bucket, under the hash of its content: an equal one is sent once.
 *
 * @throws CLOUD_DENIED, AWS_BUCKET_REGION, CLOUD_…, ABORTED, DISK_FULL, SOURCE_CHANGED
 */
export async function uploadContext(
  prepared: PreparedImage,
  request: Pick<BuildRequest, "emit" | "signal">,
  options: {
    readonly bucket: BucketPort;
    readonly name: string;
    readonly prefix: string;
    readonly folder: string;
    /** Of this build alone: then it can be removed in the end. */
    readonly unique?: string | undefined;
  },
): Promise<UploadedContext> {
  const { signal } = request;
  return prepared.steps.run("context", undefined, async (notes) => {
    await using packed = await packContext(prepared.plan, {
      folder: options.folder,
      files: prepared.machineFiles,
      signal,
    });
    const uploaded = await bring(packed, request, options);
    notes.cached = uploaded.sent === 0;
    notes.detail = `${packed.files} files · ${(packed.size / 1e6).toFixed(1)} MB`;
    return uploaded;
  });
}

async function bring(
  packed: PackedContext,
  { emit, signal }: Pick<BuildRequest, "emit" | "signal">,
  { bucket, name, prefix, unique }: Parameters<typeof uploadContext>[2],
): Promise<UploadedContext> {
  const file = `${packed.contentSha256}${unique === undefined ? "" : `-${unique}`}.tar.gz`;
  const key = `${prefix}/${file}`;
  const known = unique === undefined ? await bucket.head(name, key, { signal }) : undefined;
  if (known !== undefined) return { key, version: known.version, sent: 0, sha256: packed.contentSha256 };
  const item = "build context";
  const { version } = await bucket.upload(name, key, packed, {
    signal,
    onProgress: (current) =>
      emit({ type: "transfer", step: "context", kind: "context", item, current, total: packed.size, unit: "byte" }),
  });
  return { key, version, sent: packed.size, sha256: packed.contentSha256 };
}
