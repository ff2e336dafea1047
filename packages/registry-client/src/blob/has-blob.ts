import type { Digest } from "@imagespec/oci";
import { pullScope } from "../auth/scope.ts";
import type { Call } from "../http/call.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { attemptsAt, fromEndpoints } from "../http/from-endpoints.ts";
import { retry } from "../http/retry.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import { apiPath, checkedDigest, type RepositoryContext } from "../repository-context.ts";

/** Whether an endpoint has a blob: by HEAD, by opening it where HEAD is refused. */
export async function hasBlob(
  context: RepositoryContext,
  digest: Digest,
  options: OperationOptions & {
    /** What the token is asked for: a writer asks once for all that follows. */
    readonly scopes?: readonly string[] | undefined;
  },
  endpoints: readonly Endpoint[] = context.http.endpoints.forPull(context.registry),
): Promise<boolean> {
  const found = await fromEndpoints(endpoints, async (endpoint) => {
    const call: Call = {
      endpoint,
      method: "HEAD",
      target: apiPath(context, `blobs/${checkedDigest(digest)}`),
      what: `blob "${digest}"`,
      repository: context.repository,
      scopes: options.scopes ?? [pullScope(context.repository)],
      accept: [200, 404, 405, 501],
      signal: options.signal,
      attempts: attemptsAt(endpoint),
    };
    const { status } = await context.http.answer(call);
    const present = status === 200 || (status !== 404 && (await opens(context, { ...call, method: "GET" })));
    return present ? true : undefined;
  });
  return found === true;
}

async function opens(context: RepositoryContext, call: Call): Promise<boolean> {
  const { attempts, signal } = call;
  const options = { what: call.what, attempts, signal };
  const { status, body } = await retry(context.http.retryPolicy, options, () =>
    context.http.open({ ...call, accept: [200, 206, 404] }),
  );
  body.destroy();
  return status !== 404;
}
