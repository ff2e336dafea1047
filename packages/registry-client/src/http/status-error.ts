import { type ErrorCode, ImageSpecError } from "@imagespec/errors";
import { type Call, publicUrl } from "./call.ts";
import { parseRetryAfter } from "./retry.ts";

/** What is needed of a response to explain it. */
export interface FailedAnswer {
  readonly status: number;
  readonly url: URL;
  /** The start of the body. */
  readonly body: string;
  readonly retryAfter?: string | undefined;
  /** The registry knows who asks, so that its 401 is about rights. */
  readonly isIdentified?: boolean | undefined;
}

export interface RegistryErrorEntry {
  readonly code: string;
  readonly message: string;
}

/** The error list of a body (distribution-spec, "Error Codes"); empty when it is none. */
export function parseErrorBody(body: string): readonly RegistryErrorEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
  const errors: unknown = isRecord(value) ? value["errors"] : undefined;
  return (Array.isArray(errors) ? errors : []).filter(isRecord).map((entry) => ({
    code: typeof entry["code"] === "string" ? entry["code"] : "UNKNOWN",
    message: typeof entry["message"] === "string" ? entry["message"].slice(0, 300) : "",
  }));
}

/** The error for a status that is no answer to the call. */
export function statusError(call: Call, answer: FailedAnswer): ImageSpecError {
  const error = explain(call, answer);
  refusals.set(error, { status: answer.status, body: answer.body });
  return error;
}

/** Status and body behind an error, for the provider that can read them. Kept apart: a body may hold what no log should. */
export function refusalOf(error: ImageSpecError): { readonly status: number; readonly body: string } | undefined {
  return refusals.get(error);
}

const refusals = new WeakMap<ImageSpecError, { readonly status: number; readonly body: string }>();

function explain(call: Call, answer: FailedAnswer): ImageSpecError {
  const errors = parseErrorBody(answer.body);
  const code = answer.status === 404 ? (call.absence ?? "REGISTRY_NOT_FOUND") : codeOf(answer, errors);
  const hint = hintFor(call, answer, errors);
  const retryAfterMs = parseRetryAfter(answer.retryAfter);
  return new ImageSpecError(code, messageFor(call, answer, errors, code), {
    ...(hint === undefined ? {} : { hint }),
    details: {
      registry: call.endpoint.registry,
      ...(call.repository === undefined ? {} : { repository: call.repository }),
      status: answer.status,
      method: call.method,
      url: publicUrl(answer.url),
      codes: errors.map((entry) => entry.code),
      ...(retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.ceil(retryAfterMs / 1000) }),
    },
  });
}

function codeOf(answer: FailedAnswer, errors: readonly RegistryErrorEntry[]): ErrorCode {
  const { status } = answer;
  if (errors.some((entry) => entry.code === "DIGEST_INVALID") && status < 500) return "DIGEST_MISMATCH";
  if (status === 403 || (status < 500 && errors.some((entry) => entry.code === "DENIED"))) return "REGISTRY_DENIED";
  if (status === 401) return answer.isIdentified === true ? "REGISTRY_DENIED" : "REGISTRY_AUTH";
  if (status === 429 || errors.some((entry) => entry.code === "TOOMANYREQUESTS")) return "REGISTRY_RATE_LIMITED";
  return status >= 400 ? "REGISTRY_ERROR" : "REGISTRY_PROTOCOL";
}

function messageFor(call: Call, answer: FailedAnswer, errors: readonly RegistryErrorEntry[], code: ErrorCode): string {
  const said = errors
    .map((entry) => (entry.message === "" ? entry.code : `${entry.code}: ${entry.message}`))
    .join("; ");
  const verdict = verdicts[code] ?? "answered with an error";
  return `registry "${call.endpoint.registry}" ${verdict} for ${call.what} (${call.method}, status ${answer.status}${said === "" ? "" : `, ${said}`})`;
}

const verdicts: Readonly<Partial<Record<ErrorCode, string>>> = {
  REGISTRY_AUTH: "wants other credentials",
  REGISTRY_DENIED: "denied the access",
  REGISTRY_NOT_FOUND: "has nothing",
  REGISTRY_RATE_LIMITED: "limits the number of requests",
  REGISTRY_PROTOCOL: "gave an unexpected answer",
  DIGEST_MISMATCH: "found another digest than stated",
};

function hintFor(call: Call, answer: FailedAnswer, errors: readonly RegistryErrorEntry[]): string | undefined {
  const { registry } = call.endpoint;
  if (errors.some((entry) => entry.code === "DIGEST_INVALID") && answer.status < 500) {
    return "try again; if it happens again, check what stands between this machine and the registry, such as a proxy";
  }
  switch (answer.isIdentified === true ? 403 : answer.status) {
    case 401:
      return `log in with "docker login ${registry}" or pass credentials`;
    case 403:
      return call.method === "GET" || call.method === "HEAD"
        ? "ask for the right to pull from this repository"
        : "ask for the right to push to this repository";
    case 404:
      return errors.some((entry) => entry.code === "NAME_UNKNOWN") && call.method !== "GET" && call.method !== "HEAD"
        ? "create the repository first, or check its name"
        : "check the name, the tag and the registry";
    case 405:
      return call.method === "DELETE" ? "enable deleting in the registry's configuration" : undefined;
    case 413:
      return "raise the body size limit of the proxy in front of the registry (client_max_body_size in nginx)";
    case 429:
      return "wait before trying again, or log in for a higher limit";
    default:
      return answer.status >= 500 ? "try again later, or look into the registry's log" : undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
