import { type Descriptor, type Digest, isIndexMediaType, mediaTypes, parseImageIndex } from "@imagespec/oci";
import { pullScope } from "../auth/scope.ts";
import { answerPages } from "../http/answer-pages.ts";
import type { Answer } from "../http/call.ts";
import { mediaTypeOf } from "../manifest/accepted-media-types.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import { apiPath, checkedDigest, originOf, type RepositoryContext } from "../repository-context.ts";
import { readFallbackIndex } from "./fallback-index.ts";

/** What refers to a manifest: by the referrers API, else by the fallback tag. */
export async function listReferrers(
  context: RepositoryContext,
  digest: Digest,
  options: OperationOptions & { readonly artifactType?: string | undefined },
): Promise<readonly Descriptor[]> {
  const { artifactType } = options;
  const query = artifactType === undefined ? "" : `?${new URLSearchParams({ artifactType })}`;
  const found =
    (await askApi(context, digest, query, options)) ??
    (await readFallbackIndex(context, digest, options))?.manifests ??
    [];
  // A registry need not filter.
  return artifactType === undefined ? found : found.filter((descriptor) => descriptor.artifactType === artifactType);
}

/** Whether the registry has the referrers API. */
export async function hasReferrersApi(
  context: RepositoryContext,
  digest: Digest,
  options: OperationOptions,
): Promise<boolean> {
  return (await askApi(context, digest, "", options)) !== undefined;
}

/** `undefined`: this registry has no referrers API. */
async function askApi(
  context: RepositoryContext,
  digest: Digest,
  query: string,
  options: OperationOptions,
): Promise<readonly Descriptor[] | undefined> {
  const descriptors: Descriptor[] = [];
  const pages = answerPages(context.http, {
    endpoint: originOf(context),
    method: "GET",
    target: apiPath(context, `referrers/${checkedDigest(digest)}${query}`),
    what: `referrers of "${digest}"`,
    repository: context.repository,
    scopes: [pullScope(context.repository)],
    // Registries from before the API answer with one of these to a path they do not know.
    accept: [200, 400, 404, 405, 501],
    headers: { accept: mediaTypes.ociIndex },
    signal: options.signal,
  });
  for await (const page of pages) {
    if (!isIndex(page)) return undefined;
    descriptors.push(...parseImageIndex(page.bytes).manifests);
  }
  return descriptors;
}

/** A front page served for every path is not the API either. */
function isIndex(page: Answer): boolean {
  const type = mediaTypeOf(page.header("content-type"));
  return page.status === 200 && type !== undefined && (isIndexMediaType(type) || type === "application/json");
}
