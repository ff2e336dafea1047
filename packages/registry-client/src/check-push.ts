import { cancelUpload, startUpload } from "./blob/upload-session.ts";
import { retry } from "./http/retry.ts";
import type { OperationOptions } from "./registry-client-options.ts";
import type { RepositoryContext } from "./repository-context.ts";

/** Starts an upload and ends it again: a registry says only then whether it may be pushed to. */
export async function checkPush(context: RepositoryContext, options: OperationOptions): Promise<void> {
  const { http, registry, repository } = context;
  const what = `POST ${registry}/${repository} upload`;
  const session = await retry(http.retryPolicy, { what, signal: options.signal }, () =>
    startUpload(context, "an upload", options),
  );
  await cancelUpload(context, session, options);
}
