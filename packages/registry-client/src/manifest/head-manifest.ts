import { ImageSpecError } from "@imagespec/errors";
import { type Descriptor, isDigest, isIndexMediaType, isManifestMediaType } from "@imagespec/oci";
import { pullScope } from "../auth/scope.ts";
import { type Answer, publicUrl } from "../http/call.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { attemptsAt, fromEndpoints } from "../http/from-endpoints.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import type { ManifestReference } from "../repository.ts";
import { apiPath, manifestName, type RepositoryContext } from "../repository-context.ts";
import { acceptedMediaTypes, mediaTypeOf } from "./accepted-media-types.ts";
import { findManifest } from "./fetch-manifest.ts";

/** The descriptor of a manifest by HEAD, by GET where HEAD is refused or tells too little; `undefined` when there is none. */
export function headManifest(
  context: RepositoryContext,
  reference: ManifestReference,
  options: OperationOptions,
  endpoints: readonly Endpoint[] = context.http.endpoints.forPull(context.registry),
): Promise<Descriptor | undefined> {
  const name = manifestName(context, reference);
  return fromEndpoints(endpoints, async (endpoint) => {
    const answer = await context.http.answer({
      endpoint,
      method: "HEAD",
      target: apiPath(context, `manifests/${name}`),
      what: `manifest "${name}"`,
      repository: context.repository,
      scopes: [pullScope(context.repository)],
      accept: [200, 404, 405, 501],
      headers: { accept: acceptedMediaTypes.join(", ") },
      signal: options.signal,
      attempts: attemptsAt(endpoint),
    });
    if (answer.status === 404) return undefined;
    const descriptor = answer.status === 200 ? describedBy(answer, reference) : undefined;
    return descriptor ?? (await findManifest(context, reference, options, [endpoint]))?.descriptor;
  });
}

/** `undefined` when the headers do not tell all of it. */
function describedBy(answer: Answer, reference: ManifestReference): Descriptor | undefined {
  const stated = answer.header("docker-content-digest");
  const mediaType = mediaTypeOf(answer.header("content-type"));
  const size = Number(answer.header("content-length") || "none");
  if (!isDigest(stated) || mediaType === undefined || !Number.isSafeInteger(size)) return undefined;
  if (!isManifestMediaType(mediaType) && !isIndexMediaType(mediaType)) return undefined;
  if (reference.digest !== undefined && stated !== reference.digest) {
    throw new ImageSpecError("DIGEST_MISMATCH", `the registry answers "${reference.digest}" with digest "${stated}"`, {
      hint: "check what stands between this machine and the registry, such as a proxy or cache",
      details: { expected: reference.digest, actual: stated, url: publicUrl(answer.url) },
    });
  }
  return { mediaType, digest: stated, size };
}
