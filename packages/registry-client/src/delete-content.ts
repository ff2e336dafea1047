import type { Digest } from "@imagespec/oci";
import { deleteScope } from "./auth/scope.ts";
import type { OperationOptions } from "./registry-client-options.ts";
import { apiPath, checkedDigest, manifestName, originOf, type RepositoryContext } from "./repository-context.ts";

/** DELETE of a manifest by digest, or of a tag alone. */
export async function deleteManifest(
  context: RepositoryContext,
  reference: { readonly tag: string } | { readonly digest: Digest },
  options: OperationOptions,
): Promise<void> {
  const name = manifestName(context, reference);
  await remove(context, `manifests/${name}`, `manifest "${name}"`, options);
}

/** DELETE of a blob. */
export async function deleteBlob(context: RepositoryContext, digest: Digest, options: OperationOptions): Promise<void> {
  await remove(context, `blobs/${checkedDigest(digest)}`, `blob "${digest}"`, options);
}

async function remove(
  context: RepositoryContext,
  path: string,
  what: string,
  options: OperationOptions,
): Promise<void> {
  await context.http.answer({
    endpoint: originOf(context),
    method: "DELETE",
    target: apiPath(context, path),
    what,
    repository: context.repository,
    scopes: [deleteScope(context.repository)],
    accept: [200, 202, 204],
    signal: options.signal,
  });
}
