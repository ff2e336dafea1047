import { ImageSpecError } from "@imagespec/errors";
import { type Digest, isDigest } from "../digest/digest.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { explainReference } from "./explain-reference.ts";
import { isRepository, isTag, maxNameLength, splitName, splitReference } from "./grammar.ts";
import { canonicalRegistry, dockerHub, registryProblem } from "./registry.ts";

/** A place in a registry: registry, repository, and a tag, a digest, both or neither. */
export interface ImageReference {
  /** Canonical, with its port: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** The path without the registry: `library/python`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/**
 * Reads an image reference by the grammar of the distribution project. Names without a registry are Docker Hub's
 * (`python` is `docker.io/library/python`); no tag is invented.
 *
 * @throws `REFERENCE_INVALID` with a hint that says what to fix
 * @see https://github.com/distribution/reference
 */
export function parseImageReference(text: string): ImageReference {
  const reference = typeof text === "string" ? read(text) : undefined;
  if (reference !== undefined) return reference;
  const { message, hint, shown } = explainReference(text);
  throw new ImageSpecError("REFERENCE_INVALID", message, { hint, details: { reference: shown } });
}

function read(text: string): ImageReference | undefined {
  // To Docker, 64 hexadecimal digits and a digest alone are image ids, never names, though the grammar would allow them.
  if (/^[a-f0-9]{64}$/.test(text) || isDigest(text)) return undefined;
  const { name, tag, digest } = splitReference(text);
  const { registry, repository } = splitName(name);
  if (registryProblem(registry) !== undefined || !isRepository(repository)) return undefined;
  if (registry.length + 1 + repository.length > maxNameLength) return undefined;
  if (tag !== undefined && !isTag(tag)) return undefined;
  if (digest === undefined) return omitUndefined({ registry, repository, tag });
  return isDigest(digest) ? omitUndefined({ registry, repository, tag, digest }) : undefined;
}

/** The canonical, full form: `docker.io/library/python:3.12-slim`. */
export function formatImageReference(reference: ImageReference): string {
  const { registry, repository } = canonicalName(reference);
  return `${registry}/${repository}${suffix(reference)}`;
}

/** The short form that people type (`python:3.12-slim`); where shortening would change the meaning, the canonical one. */
export function familiarImageReference(reference: ImageReference): string {
  const { registry, repository } = canonicalName(reference);
  if (registry === dockerHub) {
    for (const short of [repository.replace(/^library\//, ""), repository]) {
      const again = read(`${short}${suffix(reference)}`);
      if (again?.registry === registry && again.repository === repository) return `${short}${suffix(reference)}`;
    }
  }
  return formatImageReference(reference);
}

function canonicalName(reference: ImageReference): { readonly registry: string; readonly repository: string } {
  const registry = canonicalRegistry(reference.registry);
  const official = registry === dockerHub && !reference.repository.includes("/");
  return { registry, repository: official ? `library/${reference.repository}` : reference.repository };
}

function suffix({ tag, digest }: ImageReference): string {
  return `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/**
 * The reference with this tag and no digest.
 *
 * @throws `REFERENCE_INVALID` for a text that is not a tag
 */
export function withTag(reference: ImageReference, tag: string): ImageReference {
  const { registry, repository } = reference;
  if (!isTag(tag)) {
    const { message, hint } = explainReference(`${registry}/${repository}:${tag}`);
    throw new ImageSpecError("REFERENCE_INVALID", message, { hint, details: { tag } });
  }
  return { registry, repository, tag };
}

/** The reference with this digest and no tag. */
export function withDigest(reference: ImageReference, digest: Digest): ImageReference {
  return { registry: reference.registry, repository: reference.repository, digest };
}
