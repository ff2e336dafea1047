import type { IncomingHttpHeaders } from "node:http";
import { redact } from "@imagespec/errors";
import type { Fault } from "./fault.ts";

/** One request, in the order of arrival; status and bytes are those at the moment of looking. */
export interface RecordedRequest {
  readonly method: string;
  /** Path with query, as sent. */
  readonly path: string;
  /** Status that the client got; 0 while it got none. */
  readonly status: number;
  /** Of the request, by lower-case name; of credentials only the scheme is kept: `Bearer ***`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the request's body that were taken. */
  readonly bytesIn: number;
  /** Bytes of the response's body that were sent. */
  readonly bytesOut: number;
  /** What happened to it. */
  readonly faults: readonly Fault["kind"][];
}

const secret: ReadonlySet<string> = new Set(["authorization", "proxy-authorization", "cookie", "x-registry-auth"]);

/** Headers that may be kept and shown. */
export function headersWithoutSecrets(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const text = Array.isArray(value) ? value.join(", ") : value;
    kept[name] = secret.has(name) ? text.replace(/^((?:basic|bearer)\s)?.*$/is, "$1***") : redact(text);
  }
  return kept;
}
