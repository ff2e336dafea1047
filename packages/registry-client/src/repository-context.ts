import { ImageSpecError } from "@imagespec/errors";
import { isDigest, isTag } from "@imagespec/oci";
import type { Endpoint } from "./http/endpoint.ts";
import type { RegistryHttp } from "./http/registry-http.ts";
import type { ManifestReference } from "./repository.ts";

/** What the operations on one repository share. */
export interface RepositoryContext {
  readonly http: RegistryHttp;
  readonly registry: string;
  readonly repository: string;
  /** Who is last in line to change a fallback index, by its full name. */
  readonly turns: Map<string, Promise<void>>;
  /** Creates the repository by the provider that knows how; false when there is none, or it did so before. */
  ensureRepository(signal: AbortSignal | undefined): Promise<boolean>;
}

/** The registry itself: for writing, and for what a mirror must not answer. */
export function originOf(context: RepositoryContext): Endpoint {
  return context.http.endpoints.origin(context.registry);
}

/** Path of the API under the repository: `manifests/v1` → `/v2/acme/train/manifests/v1`. */
export function apiPath(context: RepositoryContext, path: string): string {
  return `/v2/${context.repository}/${path}`;
}

/** The digest, else the tag, as the API's path wants it. @throws REFERENCE_INVALID, DIGEST_INVALID */
export function manifestName(context: RepositoryContext, reference: ManifestReference): string {
  const { digest, tag } = reference;
  if (digest !== undefined) return checkedDigest(digest);
  if (tag !== undefined && isTag(tag)) return tag;
  const said = tag === undefined ? "neither a tag nor a digest" : `the invalid tag "${tag}"`;
  throw new ImageSpecError(
    "REFERENCE_INVALID",
    `"${context.registry}/${context.repository}" is asked for with ${said}`,
    {
      hint: "name a tag of at most 128 letters, digits, '_', '.' and '-', or a digest",
    },
  );
}

/** The digest again. It becomes part of a path, so that its form matters even where the type promises it. @throws DIGEST_INVALID */
export function checkedDigest<T extends string>(digest: T): T {
  if (isDigest(digest)) return digest;
  throw new ImageSpecError("DIGEST_INVALID", `"${digest}" is not a digest`, {
    hint: "write sha256: and 64 hexadecimal digits",
  });
}
