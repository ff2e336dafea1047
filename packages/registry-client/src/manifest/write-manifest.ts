import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { type Descriptor, descriptorOf, isDigest } from "@imagespec/oci";
import { pushScope } from "../auth/scope.ts";
import { isBlobLoss } from "../copy/is-blob-loss.ts";
import { type Answer, type Call, publicUrl } from "../http/call.ts";
import { AttemptFailure, retry } from "../http/retry.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import { apiPath, manifestName, originOf, type RepositoryContext } from "../repository-context.ts";
import { withRepository } from "../with-repository.ts";

export interface PushedManifest {
  readonly descriptor: Descriptor;
  /** The registry took note of the manifest's subject (distribution-spec, `OCI-Subject`). */
  readonly subjectNoted: boolean;
}

/** PUT of a manifest under a tag, else under its digest. */
export async function writeManifest(
  context: RepositoryContext,
  bytes: Uint8Array,
  mediaType: string,
  options: OperationOptions & { readonly tag?: string | undefined },
): Promise<PushedManifest> {
  const descriptor = descriptorOf(bytes, mediaType);
  const name = manifestName(context, options.tag === undefined ? descriptor : { tag: options.tag });
  const call: Call = {
    endpoint: originOf(context),
    method: "PUT",
    target: apiPath(context, `manifests/${name}`),
    what: `manifest "${name}"`,
    repository: context.repository,
    scopes: [pushScope(context.repository)],
    accept: [200, 201, 202],
    headers: { "content-type": mediaType },
    body: bytes,
    signal: options.signal,
  };
  const answer = await withRepository(context, options.signal, () => withoutMisreading(context, call));
  const stated = answer.header("docker-content-digest");
  // A registry may state the digest by another algorithm than this one.
  if (isDigest(stated) && stated.startsWith("sha256:") && stated !== descriptor.digest) {
    throw new ImageSpecError(
      "DIGEST_MISMATCH",
      `the registry stored manifest "${name}" as "${stated}" instead of "${descriptor.digest}"`,
      {
        hint: "check what stands between this machine and the registry, such as a proxy",
        details: { expected: descriptor.digest, actual: stated, url: publicUrl(answer.url) },
      },
    );
  }
  return { descriptor, subjectNoted: answer.header("oci-subject") !== undefined };
}

const misreadAttempts = 3;

/**
 * A registry on plain files (distribution 2.8) reads the link of a blob while the push of another client writes it, and takes what it
 * finds there for a digest that is invalid: it says so of the blob, not of the manifest, and a moment later the link is whole.
 */
async function withoutMisreading(context: RepositoryContext, call: Call): Promise<Answer> {
  const { what, signal } = call;
  return retry(context.http.retryPolicy, { what, signal, attempts: misreadAttempts }, async () => {
    try {
      return await context.http.answer(call);
    } catch (error) {
      if (!isImageSpecError(error, "DIGEST_MISMATCH") || !isBlobLoss(error)) throw error;
      throw new AttemptFailure(error, { retry: true });
    }
  });
}
