import { ImageSpecError } from "@imagespec/errors";
import type { Digest } from "@imagespec/oci";
import { mergeScopes, pullScope, pushScope } from "../auth/scope.ts";
import { type Answer, type Call, publicUrl } from "../http/call.ts";
import { AttemptFailure } from "../http/retry.ts";
import { StatusFailure } from "../http/status-failure.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import { apiPath, originOf, type RepositoryContext } from "../repository-context.ts";
import { withRepository } from "../with-repository.ts";

/** Where the registry wants the content of one upload. */
export interface UploadSession {
  readonly location: URL;
}

/** One attempt at starting an upload (distribution-spec, "POST then PUT"). @throws AttemptFailure */
export async function startUpload(
  context: RepositoryContext,
  what: string,
  options: OperationOptions,
): Promise<UploadSession> {
  const call = uploadCall(context, what, "blobs/uploads/", options);
  const answer = await withRepository(context, options.signal, () => context.http.attempt({ ...call, accept: [202] }));
  return { location: locationOf(call, answer) };
}

const refusesMount: ReadonlySet<number> = new Set([400, 401, 403, 404, 405]);

/** What became of a mount: done, a session to send the content in instead, or refused outright. */
export type MountResult = "mounted" | "refused" | UploadSession;

/** One attempt at mounting a blob of another repository (distribution-spec, "Mounting a blob from another repository"). @throws AttemptFailure */
export async function mountFrom(
  context: RepositoryContext,
  digest: Digest,
  from: string,
  options: OperationOptions,
): Promise<MountResult> {
  const query = new URLSearchParams({ mount: digest, from });
  const plain = uploadCall(context, `mount of blob "${digest}" from "${from}"`, `blobs/uploads/?${query}`, options);
  // One token has to allow both: reading there and writing here.
  const call: Call = { ...plain, scopes: mergeScopes(plain.scopes, [pullScope(from)]), accept: [201, 202] };
  try {
    const answer = await context.http.attempt(call);
    return answer.status === 201 ? "mounted" : { location: locationOf(call, answer) };
  } catch (failure) {
    if (failure instanceof StatusFailure && refusesMount.has(failure.answer.status)) return "refused";
    throw failure;
  }
}

/** Ends an upload that is not needed. The registry forgets it sooner or later by itself, so that a refusal does not matter. */
export async function cancelUpload(
  context: RepositoryContext,
  session: UploadSession,
  options: OperationOptions,
): Promise<void> {
  const call: Call = {
    ...uploadCall(context, "end of an upload", "", options),
    method: "DELETE",
    target: session.location,
    accept: [200, 202, 204],
  };
  try {
    await context.http.attempt(call);
  } catch (failure) {
    if (!(failure instanceof AttemptFailure)) throw failure;
  }
}

/** The address that finishes a session; the registry's own query is kept to the letter, since it may be signed. */
export function finishingUrl(session: UploadSession, digest: Digest): URL {
  const url = new URL(session.location);
  url.search = `${url.search === "" ? "?" : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
  return url;
}

function uploadCall(context: RepositoryContext, what: string, path: string, options: OperationOptions): Call {
  return {
    endpoint: originOf(context),
    method: "POST",
    target: apiPath(context, path),
    what,
    repository: context.repository,
    scopes: [pushScope(context.repository)],
    accept: [],
    signal: options.signal,
  };
}

function locationOf(call: Call, answer: Answer): URL {
  const location = answer.header("location");
  if (location === undefined || !URL.canParse(location, answer.url.href)) {
    throw new ImageSpecError(
      "REGISTRY_PROTOCOL",
      `registry "${call.endpoint.registry}" started an upload without a usable "Location" header`,
      {
        hint: "check the registry's external address in its configuration",
        details: { registry: call.endpoint.registry, url: publicUrl(answer.url) },
      },
    );
  }
  const url = new URL(location, answer.url);
  // Behind a proxy that ends TLS a registry may take itself for a plain one: its own host is spoken to as before.
  if (answer.url.protocol === "https:" && url.protocol === "http:" && url.hostname === answer.url.hostname) {
    if (url.port === "" || url.port === answer.url.port) url.protocol = "https:";
  }
  return url;
}
