import type { ErrorCode } from "@imagespec/errors";
import type { StreamBody } from "../transport/transport.ts";
import type { Endpoint } from "./endpoint.ts";

/** One request of the distribution API, before credentials, redirects and retries. */
export interface Call {
  readonly endpoint: Endpoint;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Path with query, or an absolute address that the registry gave. */
  readonly target: string | URL;
  /** What the call is about, for messages: `manifest "v1"`. */
  readonly what: string;
  readonly repository?: string | undefined;
  /** Token scopes: `repository:acme/train:pull`. */
  readonly scopes: readonly string[];
  /** Statuses that are answers; every other one is an error. */
  readonly accept: readonly number[];
  /** Code of the error for a 404. @default "REGISTRY_NOT_FOUND" */
  readonly absence?: ErrorCode | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array | StreamBody | undefined;
  readonly signal?: AbortSignal | undefined;
  /** @default the retry policy's */
  readonly attempts?: number | undefined;
}

/** A registry's answer with its whole body. */
export interface Answer {
  readonly status: number;
  /** A header by its lower-case name. */
  header(name: string): string | undefined;
  readonly bytes: Uint8Array;
  /** Where the answer came from, after redirects. */
  readonly url: URL;
}

/** An address without what may be secret in it: user, query, fragment. */
export function publicUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}
