import { createReadStream } from "node:fs";
import { DeleteObjectCommand, HeadBucketCommand, HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { abortedError } from "@imagespec/errors";
import { awsError, callAws } from "./aws-error.ts";
import type { ClientSettings } from "./client-settings.ts";
import type { BucketPort, CallOptions } from "./ports.ts";

/** Amazon S3, with the calls that this plugin uses. */
export function s3Adapter(settings: ClientSettings): BucketPort {
  // With an endpoint of one's own there are rarely names of hosts for buckets.
  const client = new S3Client({ ...settings, ...(settings.endpoint === undefined ? {} : { forcePathStyle: true }) });
  const about = async (action: string, resource: string, { signal }: CallOptions) => ({
    action: `s3:${action}`,
    resource,
    region: await client.config.region(),
    signal,
  });
  return {
    async head(bucket, key, options = {}) {
      try {
        const { ContentLength, VersionId } = await client.send(
          new HeadObjectCommand({ Bucket: bucket, Key: key }),
          given(options),
        );
        return { size: ContentLength ?? 0, version: known(VersionId) };
      } catch (error) {
        const failure = awsError(error, await about("GetObject", `${bucket}/${key}`, options));
        // Without the right to list a bucket, what is not there is "forbidden": sending it tells which it is.
        if (failure.code === "CLOUD_NOT_FOUND" || failure.code === "CLOUD_DENIED") return undefined;
        throw failure;
      }
    },
    async upload(bucket, key, { path, size }, { signal, onProgress }) {
      const call = await about("PutObject", `${bucket}/${key}`, { signal });
      if (signal?.aborted) throw abortedError(signal);
      const upload = new Upload({
        client,
        params: {
          Bucket: bucket,
          Key: key,
          Body: createReadStream(path),
          ContentLength: size,
          ContentType: "application/gzip",
        },
        // S3 takes 10000 parts at the most.
        partSize: Math.max(8 * 1024 * 1024, Math.ceil(size / 9000)),
        queueSize: 4,
      });
      upload.on("httpUploadProgress", ({ loaded }) => onProgress(loaded ?? 0));
      const abort = (): void => void upload.abort();
      signal?.addEventListener("abort", abort, { once: true });
      try {
        const { VersionId } = await callAws(call, () => upload.done());
        return { version: known(VersionId) };
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    },
    async remove(bucket, key, options = {}) {
      const call = await about("DeleteObject", `${bucket}/${key}`, options);
      await callAws(call, () => client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), given(options)));
    },
    async headBucket(bucket, options = {}) {
      const call = await about("ListBucket", bucket, options);
      await callAws(call, () => client.send(new HeadBucketCommand({ Bucket: bucket }), given(options)));
    },
  };
}

function given({ signal }: CallOptions): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** A bucket without versions says `null` in words. */
function known(version: string | undefined): string | undefined {
  return version === "null" ? undefined : version;
}
