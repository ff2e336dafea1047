import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import {
  type Digest,
  digestAlgorithm,
  digestOf,
  isDigest,
  isIndexMediaType,
  isManifestMediaType,
  maxManifestSize,
  parseManifest,
} from "@imagespec/oci";
import { pullScope } from "../auth/scope.ts";
import { type Answer, publicUrl } from "../http/call.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { attemptsAt, fromEndpoints } from "../http/from-endpoints.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import type { FetchedManifest, ManifestReference } from "../repository.ts";
import { apiPath, manifestName, type RepositoryContext } from "../repository-context.ts";
import { acceptedMediaTypes, mediaTypeOf } from "./accepted-media-types.ts";

export interface FetchManifestOptions extends OperationOptions {
  readonly accept?: readonly string[] | undefined;
}

/** GET of a manifest from the first endpoint that has it, digest checked. @throws REGISTRY_NOT_FOUND, DIGEST_MISMATCH */
export async function fetchManifest(
  context: RepositoryContext,
  reference: ManifestReference,
  options: FetchManifestOptions,
  endpoints: readonly Endpoint[] = context.http.endpoints.forPull(context.registry),
): Promise<FetchedManifest> {
  const name = manifestName(context, reference);
  const found = await fromEndpoints(endpoints, async (endpoint) => {
    const call = {
      endpoint,
      method: "GET",
      target: apiPath(context, `manifests/${name}`),
      what: `manifest "${name}"`,
      repository: context.repository,
      scopes: [pullScope(context.repository)],
      accept: [200],
      headers: { accept: (options.accept ?? acceptedMediaTypes).join(", ") },
      signal: options.signal,
      attempts: attemptsAt(endpoint),
    } as const;
    return checkedManifest(
      await context.http.answer(call, maxManifestSize),
      reference.digest,
      `${context.registry}/${context.repository}`,
    );
  });
  if (found === undefined) throw new ImageSpecError("INTERNAL", `no endpoint for registry "${context.registry}"`);
  return found;
}

/** {@link fetchManifest}, where absence is an answer. */
export async function findManifest(
  context: RepositoryContext,
  reference: ManifestReference,
  options: FetchManifestOptions,
  endpoints?: readonly Endpoint[],
): Promise<FetchedManifest | undefined> {
  try {
    return await fetchManifest(context, reference, options, endpoints);
  } catch (error) {
    if (isImageSpecError(error, "REGISTRY_NOT_FOUND")) return undefined;
    throw error;
  }
}

function checkedManifest(answer: Answer, asked: Digest | undefined, name: string): FetchedManifest {
  const { bytes } = answer;
  const stated = answer.header("docker-content-digest");
  // A registry that states no digest, or one by an algorithm that is unknown here, is taken by its bytes.
  const expected = asked ?? (isDigest(stated) ? stated : undefined);
  const digest = expected === undefined ? digestOf(bytes) : digestOf(bytes, digestAlgorithm(expected));
  if (expected !== undefined && digest !== expected) {
    throw new ImageSpecError(
      "DIGEST_MISMATCH",
      `the manifest of "${name}" has digest "${digest}" instead of "${expected}"`,
      {
        hint: "check what stands between this machine and the registry, such as a proxy or cache",
        details: { expected, actual: digest, url: publicUrl(answer.url) },
      },
    );
  }
  const type = mediaTypeOf(answer.header("content-type"));
  // Some registries send every manifest as JSON or plain text: then its own field counts.
  const trusted = type !== undefined && (isManifestMediaType(type) || isIndexMediaType(type)) ? type : undefined;
  const manifest = parseManifest(bytes, trusted);
  return { descriptor: { mediaType: trusted ?? manifest.mediaType, digest, size: bytes.length }, bytes, manifest };
}
