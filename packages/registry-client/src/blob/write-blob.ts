import type { BlobContent, Descriptor, Digest, WriteBlobOptions, WrittenBlob } from "@imagespec/oci";
import { pushScope } from "../auth/scope.ts";
import { retry } from "../http/retry.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import { checkedDigest, originOf, type RepositoryContext } from "../repository-context.ts";
import { hasBlob } from "./has-blob.ts";
import { uploadBlob } from "./upload-blob.ts";
import { cancelUpload, type MountResult, mountFrom, type UploadSession } from "./upload-session.ts";

/** Below this many bytes asking for a blob costs more than sending it. */
const askFrom = 64 * 1024;

/** Brings a blob into a repository by the cheapest way: mount, nothing at all, upload. */
export async function writeBlob(
  context: RepositoryContext,
  descriptor: Descriptor,
  content: BlobContent,
  options: WriteBlobOptions,
): Promise<WrittenBlob> {
  const { digest, size } = descriptor;
  checkedDigest(digest);
  const { onProgress, signal } = options;
  const sources = new Set(options.mountFrom ?? []);
  const ownIsNamed = sources.delete(context.repository);

  const session = await mountFromAny(context, digest, sources, { signal });
  if (session === "mounted") return { action: "mounted" };
  if (size >= askFrom || ownIsNamed) {
    const scopes = [pushScope(context.repository)];
    if (await hasBlob(context, digest, { scopes, signal }, [originOf(context)])) {
      if (session !== undefined) await cancelUpload(context, session, { signal });
      return { action: "exists" };
    }
  }
  await uploadBlob(context, descriptor, content, { session, onProgress, signal });
  return { action: "written" };
}

/** Mounts a blob; false, and no session left open, when the registry does not. */
export async function mountBlob(
  context: RepositoryContext,
  digest: Digest,
  from: string,
  options: OperationOptions,
): Promise<boolean> {
  const result = await mountFromAny(context, checkedDigest(digest), [from], options);
  if (result === "mounted") return true;
  if (result !== undefined) await cancelUpload(context, result, options);
  return false;
}

/** Tries one repository after the other; the last session that a failed mount opened is left for the content. */
async function mountFromAny(
  context: RepositoryContext,
  digest: Digest,
  sources: Iterable<string>,
  options: OperationOptions,
): Promise<"mounted" | UploadSession | undefined> {
  let session: UploadSession | undefined;
  for (const from of sources) {
    const what = `mount of blob "${digest}"`;
    const result: MountResult = await retry(context.http.retryPolicy, { what, signal: options.signal }, () =>
      mountFrom(context, digest, from, options),
    );
    if (result === "refused") continue;
    if (session !== undefined) await cancelUpload(context, session, options);
    if (result === "mounted") return "mounted";
    session = result;
  }
  return session;
}
