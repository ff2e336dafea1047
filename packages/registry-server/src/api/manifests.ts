import { type Digest, digestAlgorithm, digestOf, isDigest, isTag } from "@imagespec/oci";
import { etagOf, matchesEtag } from "../http/etag.ts";
import type { Exchange } from "../http/exchange.ts";
import { RegistryFailure, type RegistryProblem } from "../http/registry-failure.ts";
import { type ManifestContent, ManifestProblem, readManifestContent } from "../manifest/manifest-content.ts";
import type { RegistryContext } from "./context.ts";
import { digestParameter } from "./digest-parameter.ts";

/** `GET` and `HEAD /v2/<name>/manifests/<tag-or-digest>`. */
export async function pullManifest(
  exchange: Exchange,
  { manifests }: RegistryContext,
  repository: string,
  reference: string,
): Promise<void> {
  const digest = await resolve(manifests, repository, reference);
  const found = digest === undefined ? undefined : await manifests.describe(repository, digest);
  if (digest === undefined || found === undefined) throw unknownManifest(repository, reference);

  const headers = {
    "Content-Type": found.mediaType,
    "Docker-Content-Digest": digest,
    ETag: etagOf(digest),
  };
  const ifNoneMatch = exchange.header("If-None-Match");
  if (ifNoneMatch !== undefined && matchesEtag(ifNoneMatch, digest)) {
    exchange.send(304, headers);
    return;
  }
  if (exchange.method === "HEAD") {
    exchange.send(200, { ...headers, "Content-Length": found.size });
    return;
  }
  const manifest = await manifests.read(repository, digest);
  if (manifest === undefined) throw unknownManifest(repository, reference);
  exchange.send(200, headers, manifest.bytes);
}

/**
 * `PUT /v2/<name>/manifests/<tag-or-digest>`, with `tag` parameters when by digest. `If-Match` and `If-None-Match: *` guard the tag against
 * other clients (412).
 */
export async function pushManifest(
  exchange: Exchange,
  context: RegistryContext,
  repository: string,
  reference: string,
): Promise<void> {
  const wanted = reference.includes(":") ? digestParameter(reference) : undefined;
  const tags = wanted === undefined ? [reference] : [...new Set(exchange.query.getAll("tag"))];
  for (const tag of tags) {
    if (!isTag(tag)) throw invalidManifest(`"${tag}" is not a tag`);
  }

  const bytes = await readBody(exchange, context.maxManifestSize);
  const digest = digestOf(bytes, wanted === undefined ? "sha256" : digestAlgorithm(wanted));
  if (wanted !== undefined && digest !== wanted) {
    throw new RegistryFailure(400, {
      code: "DIGEST_INVALID",
      message: `the manifest that came has the digest "${digest}"`,
      detail: { digest: wanted },
    });
  }
  const content = readContent(bytes, exchange.header("Content-Type"));
  await requireContent(context, repository, content);

  const ifMatch = exchange.header("If-Match");
  const ifNoneMatch = exchange.header("If-None-Match");
  await context.manifests.write(repository, {
    digest,
    mediaType: content.mediaType,
    bytes,
    subject: content.subject,
    tags,
    check(current) {
      if (ifMatch !== undefined && !matchesEtag(ifMatch, current)) throw preconditionFailed(reference, current);
      if (ifNoneMatch !== undefined && matchesEtag(ifNoneMatch, current)) throw preconditionFailed(reference, current);
    },
  });

  exchange.send(201, {
    Location: `/v2/${repository}/manifests/${digest}`,
    "Docker-Content-Digest": digest,
    ETag: etagOf(digest),
    ...(content.subject !== undefined && context.referrersApi ? { "OCI-Subject": content.subject } : {}),
    ...(wanted !== undefined && tags.length > 0 ? { "OCI-Tag": tags.join(", ") } : {}),
  });
}

/** `DELETE /v2/<name>/manifests/<tag-or-digest>`. */
export async function deleteManifest(
  exchange: Exchange,
  { manifests, releaseContent }: RegistryContext,
  repository: string,
  reference: string,
): Promise<void> {
  const removed = reference.includes(":")
    ? await removeByDigest(manifests, repository, digestParameter(reference))
    : isTag(reference) && (await manifests.removeTag(repository, reference));
  if (!removed) throw unknownManifest(repository, reference);
  await releaseContent();
  exchange.send(202, {});
}

async function removeByDigest(
  manifests: RegistryContext["manifests"],
  repository: string,
  digest: Digest,
): Promise<boolean> {
  const stored = await manifests.read(repository, digest);
  if (stored === undefined) return false;
  return manifests.remove(repository, digest, readContent(stored.bytes, stored.mediaType).subject);
}

async function resolve(
  manifests: RegistryContext["manifests"],
  repository: string,
  reference: string,
): Promise<Digest | undefined> {
  if (reference.includes(":")) return digestParameter(reference);
  return isTag(reference) ? manifests.resolveTag(repository, reference) : undefined;
}

async function requireContent(context: RegistryContext, repository: string, content: ManifestContent): Promise<void> {
  const problems: RegistryProblem[] = [];
  for (const digest of context.sparseImage ? [] : new Set(content.blobs)) {
    if ((await context.blobs.size(repository, digest)) === undefined) problems.push(missing("blob", digest));
  }
  for (const digest of context.sparseIndex ? [] : new Set(content.manifests)) {
    if ((await context.manifests.describe(repository, digest)) === undefined) {
      problems.push(missing("manifest", digest));
    }
  }
  if (problems.length > 0) throw new RegistryFailure(400, problems);
}

function missing(what: "blob" | "manifest", digest: Digest): RegistryProblem {
  return {
    code: "MANIFEST_BLOB_UNKNOWN",
    message: `the repository does not have the ${what} ${digest}`,
    detail: { digest },
  };
}

async function readBody(exchange: Exchange, limit: number): Promise<Uint8Array> {
  const tooLarge = new RegistryFailure(413, {
    code: "SIZE_INVALID",
    message: `the manifest is larger than ${limit} bytes`,
  });
  if (exchange.contentLength !== undefined && exchange.contentLength > limit) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of exchange.body()) {
    size += chunk.length;
    if (size > limit) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function readContent(bytes: Uint8Array, contentType: string | undefined): ManifestContent {
  try {
    return readManifestContent(bytes, contentType);
  } catch (error) {
    if (error instanceof ManifestProblem) throw invalidManifest(error.message);
    throw error;
  }
}

function invalidManifest(message: string): RegistryFailure {
  return new RegistryFailure(400, { code: "MANIFEST_INVALID", message });
}

function preconditionFailed(reference: string, current: Digest | undefined): RegistryFailure {
  return new RegistryFailure(412, {
    code: "DENIED",
    message: `"${reference}" ${current === undefined ? "does not exist" : `is ${current}`}`,
  });
}

function unknownManifest(repository: string, reference: string): RegistryFailure {
  // Not every text is a tag or digest; the message must not make one of it.
  const named = isDigest(reference) ? reference : `"${reference}"`;
  return new RegistryFailure(404, {
    code: "MANIFEST_UNKNOWN",
    message: `repository "${repository}" has no manifest ${named}`,
    detail: { reference },
  });
}
