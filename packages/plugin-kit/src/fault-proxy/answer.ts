import type { StatusFault } from "./fault.ts";
import { mountOf, type RequestHead } from "./request-head.ts";

/** A whole response that the proxy makes itself. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer with the error body of the distribution specification. */
export function errorAnswer(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return { status, headers: { "content-type": "application/json", ...headers }, body };
}

export function statusAnswer(fault: StatusFault, head: RequestHead): Answer {
  const { body, retryAfter, status } = fault;
  const challenge = fault.challenge ?? (status === 401 ? defaultChallenge : undefined);
  const headers = {
    ...(challenge === undefined ? {} : { "www-authenticate": challenge }),
    ...(retryAfter === undefined ? {} : { "retry-after": formatRetryAfter(retryAfter) }),
    ...fault.headers,
  };
  if (body === undefined) return errorAnswer(status, codeOf(status, head.path), "injected by the fault proxy", headers);
  const isText = typeof body === "string";
  return {
    status,
    headers: { "content-type": isText ? "text/plain" : "application/json", ...headers },
    body: isText ? body : JSON.stringify(body),
  };
}

/** The refusal of a token that was good before; `challenge` is the target's. */
export function expiredTokenAnswer(challenge: string | undefined): Answer {
  const stated = challenge === undefined ? defaultChallenge : `${challenge},error="invalid_token"`;
  return errorAnswer(401, "UNAUTHORIZED", "the token has expired", { "www-authenticate": stated });
}

/** The confirmation of a mount that never happens. */
export function forgottenMountAnswer(head: RequestHead): Answer {
  const { digest = "", repository = "" } = mountOf(head) ?? {};
  const headers = { location: `/v2/${repository}/blobs/${digest}`, "docker-content-digest": digest };
  return { status: 201, headers, body: "" };
}

const defaultChallenge = 'Basic realm="fault-proxy"';

const codes: Readonly<Record<number, string>> = {
  401: "UNAUTHORIZED",
  403: "DENIED",
  405: "UNSUPPORTED",
  413: "SIZE_INVALID",
  429: "TOOMANYREQUESTS",
};

function codeOf(status: number, path: string): string {
  if (status !== 404) return codes[status] ?? "UNKNOWN";
  if (path.includes("/manifests/")) return "MANIFEST_UNKNOWN";
  if (path.includes("/blobs/uploads/")) return "BLOB_UPLOAD_UNKNOWN";
  return path.includes("/blobs/") ? "BLOB_UNKNOWN" : "NAME_UNKNOWN";
}

function formatRetryAfter(value: number | Date): string {
  return typeof value === "number" ? String(value) : value.toUTCString();
}
