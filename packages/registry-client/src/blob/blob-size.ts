import type { Digest } from "@imagespec/oci";
import { pullScope } from "../auth/scope.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import { apiPath, checkedDigest, type RepositoryContext } from "../repository-context.ts";

/** Bytes of a blob as the registry itself states them; nothing when it has no such blob, or does not say. */
export async function blobSize(
  context: RepositoryContext,
  digest: Digest,
  { signal }: OperationOptions,
): Promise<number | undefined> {
  const { http, registry, repository } = context;
  const { status, header } = await http.answer({
    endpoint: http.endpoints.origin(registry),
    method: "HEAD",
    target: apiPath(context, `blobs/${checkedDigest(digest)}`),
    what: `blob "${digest}"`,
    repository,
    scopes: [pullScope(repository)],
    accept: [200, 404, 405, 501],
    signal,
  });
  const stated = status === 200 ? header("content-length") : undefined;
  return stated !== undefined && /^\d+$/.test(stated) ? Number(stated) : undefined;
}
