import type { PackedContext } from "@imagespec/cloud-support";
import type { BuilderEvent } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { StagedObject } from "../client/staging-client.ts";
import { withRetries } from "../client/with-retries.ts";
import { explainCall } from "../errors/explain-call.ts";
import type { GoogleSession } from "./google-session.ts";

/**
 * Brings a build context into the bucket, under the name of its content: one that is there is not sent again.
 *
 * @param isDefault whether the bucket's name follows from the project: then anybody could have taken it, and it is made sure that it is ours
 * @throws CLOUD_NOT_FOUND, CLOUD_DENIED, CLOUD_SERVICE_DISABLED, CLOUD_DOWN, ABORTED
 */
export async function stageContext(
  { place, staging }: Pick<GoogleSession, "place" | "staging">,
  packed: PackedContext,
  options: {
    readonly isDefault: boolean;
    readonly emit: (event: BuilderEvent) => void;
    readonly signal: AbortSignal;
  },
): Promise<StagedObject> {
  const { isDefault, emit, signal } = options;
  const { bucket, prefix, project, location } = place;
  const about = { resource: `bucket "${bucket}"`, project, location };
  const call = async <T>(doing: string, role: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await withRetries(run, { what: doing, emit, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw explainCall(error, { ...about, doing, role });
    }
  };
  if (isDefault) {
    const own = await call("list the buckets", "roles/storage.bucketViewer", () =>
      staging.bucketsOf(project, bucket, { signal }),
    );
    if (!own.includes(bucket)) throw notOurs(bucket, project);
  }
  const object = `${prefix}/${packed.contentSha256}.tar.gz`;
  return call("upload the context", "roles/storage.objectUser", () =>
    staging.upload({ bucket, object }, packed, {
      signal,
      onProgress: (current) =>
        emit({ type: "transfer", kind: "context", item: "context", current, total: packed.size, unit: "byte" }),
    }),
  );
}

function notOurs(bucket: string, project: string): ImageSpecError {
  return new ImageSpecError("CLOUD_NOT_FOUND", `project "${project}" has no bucket "${bucket}" for build contexts`, {
    hint: `run gcloud storage buckets create gs://${bucket} --project ${project}, or set "bucket" in the options of the builder`,
    details: { provider: "google", project, resource: `bucket "${bucket}"` },
  });
}
