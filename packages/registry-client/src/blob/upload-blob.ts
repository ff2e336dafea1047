import type { BlobContent, Descriptor } from "@imagespec/oci";
import { pushScope } from "../auth/scope.ts";
import { describe } from "../http/registry-http.ts";
import { AttemptFailure, retry } from "../http/retry.ts";
import { StatusFailure } from "../http/status-failure.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import { originOf, type RepositoryContext } from "../repository-context.ts";
import { hasBlob } from "./has-blob.ts";
import { finishingUrl, startUpload, type UploadSession } from "./upload-session.ts";

export interface UploadBlobOptions extends OperationOptions {
  /** A session that a refused mount left open. */
  readonly session?: UploadSession | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/**
 * Sends a blob by POST and one PUT with its length: some registries lose chunks of a PATCH, and every registry is tested with this.
 * A failure on the way restarts the whole, with the content opened anew.
 */
export async function uploadBlob(
  context: RepositoryContext,
  descriptor: Pick<Descriptor, "digest" | "size">,
  content: BlobContent,
  options: UploadBlobOptions,
): Promise<void> {
  const { digest, size } = descriptor;
  const { onProgress, signal } = options;
  const scopes = [pushScope(context.repository)];
  const endpoint = originOf(context);
  const what = `blob "${digest}"`;
  const put = {
    endpoint,
    method: "PUT",
    what,
    repository: context.repository,
    scopes,
    accept: [200, 201, 204],
  } as const;
  let session = options.session;

  await retry(context.http.retryPolicy, { what: describe({ ...put, target: "" }), signal }, async (attempt) => {
    // What got lost may have been the answer alone.
    if (attempt > 1 && (await hasBlob(context, digest, { scopes, signal }, [endpoint]))) return;
    const { location } = session ?? (await startUpload(context, what, { signal }));
    session = undefined;
    await context.http
      .attempt({
        ...put,
        target: finishingUrl({ location }, digest),
        headers: { "content-type": "application/octet-stream" },
        body: { size, open: content, onProgress },
        signal,
      })
      .catch((failure: unknown) => {
        throw forgotten(failure) ? new AttemptFailure(failure.error, { retry: true }) : failure;
      });
  });
}

/** The registry lost the session, as one behind a load balancer may: a new one may succeed. */
function forgotten(failure: unknown): failure is StatusFailure {
  return failure instanceof StatusFailure && (failure.answer.status === 404 || failure.answer.status === 416);
}
