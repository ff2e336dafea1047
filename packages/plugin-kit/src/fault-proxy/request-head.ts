import type { IncomingHttpHeaders } from "node:http";

/** What faults are chosen by. */
export interface RequestHead {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether the request came to the proxy's other host. */
  readonly isElsewhere: boolean;
}

/** The blob and repository of a mount request (distribution-spec, "Mounting a blob from another repository"). */
export function mountOf(head: RequestHead): { readonly repository: string; readonly digest: string } | undefined {
  const [, repository, query] = /^\/v2\/(.+)\/blobs\/uploads\/?\?(.*)$/.exec(head.path) ?? [];
  const digest = new URLSearchParams(query).get("mount");
  if (head.method !== "POST" || repository === undefined || digest === null) return undefined;
  return { repository, digest };
}

/** The bearer token that a request carries. */
export function bearerTokenOf(head: RequestHead): string | undefined {
  return /^bearer\s+(\S+)/i.exec(head.headers.authorization ?? "")?.[1];
}

/** Whether a request starts an upload. */
export function isUploadStart(head: RequestHead): boolean {
  return head.method === "POST" && /^\/v2\/.+\/blobs\/uploads\/?(\?|$)/.test(head.path);
}

/** Whether a request pushes a manifest. */
export function isManifestPush(head: RequestHead): boolean {
  return head.method === "PUT" && /^\/v2\/.+\/manifests\/[^/]+$/.test(head.path);
}
