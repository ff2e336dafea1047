/** Which half of an exchange a fault is in. */
export type ExchangeHalf = "request" | "response";

/** What goes wrong with one request. The kinds that end an exchange are applied one at a time; the others add up. */
export type Fault = StatusFault | ConnectionFault | ContentFault | TimingFault | RegistryFault;

/** Answers with a status. */
export interface StatusFault {
  readonly kind: "status";
  readonly status: number;
  /** Objects are sent as JSON. @default the error body of the distribution specification with the code that fits the status */
  readonly body?: string | object | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Seconds, or the moment, for `Retry-After`. */
  readonly retryAfter?: number | Date | undefined;
  /** Value of `WWW-Authenticate`. @default `Basic realm="fault-proxy"` with status 401 */
  readonly challenge?: string | undefined;
  /** Whether the target gets the request all the same and only its answer is lost, as behind a failing gateway. @default false */
  readonly forward?: boolean | undefined;
}

/** Ends an exchange before it is whole. */
export type ConnectionFault =
  | {
      /** Resets the connection (TCP RST; with TLS it is closed without notice). */
      readonly kind: "reset";
      /** `response`: the target has carried the request out by then. @default "request" */
      readonly in?: ExchangeHalf | undefined;
      /** Bytes of the body that pass first; a shorter body passes whole. 0 is before the body of a request, and before the head of a response. @default 0 */
      readonly afterBytes?: number | undefined;
    }
  | {
      /** Goes silent for ever and keeps the connection open. */
      readonly kind: "stall";
      /** @default "request" */
      readonly in?: ExchangeHalf | undefined;
      /** As for `reset`. @default 0 */
      readonly afterBytes?: number | undefined;
    }
  | {
      /** Closes the connection properly, but before the `Content-Length` that the response announced is reached. */
      readonly kind: "truncate";
      /** Bytes of the response's body that pass; a shorter body passes whole. */
      readonly afterBytes: number;
    };

/** Changes what is sent. */
export type ContentFault =
  | {
      /** Flips the lowest bit of one byte. */
      readonly kind: "flip-bit";
      /** @default "response" */
      readonly in?: ExchangeHalf | undefined;
      /** Offset in the body. @default 0 */
      readonly at?: number | undefined;
    }
  /** Sends the body of the response twice, with the `Content-Length` of both. */
  | { readonly kind: "double" }
  /** States another digest in `Docker-Content-Digest`, where the response has one. */
  | { readonly kind: "wrong-digest" };

/** Takes time. */
export type TimingFault =
  | {
      /** Waits before anything else is done: latency. */
      readonly kind: "delay";
      readonly ms: number;
    }
  | {
      /** Lets a body through at a limited rate. */
      readonly kind: "slow";
      /** @default "response" */
      readonly in?: ExchangeHalf | undefined;
      readonly bytesPerSecond: number;
    };

/** What registries are known to do. */
export type RegistryFault =
  | {
      /** Answers 401 `invalid_token`, with the target's own challenge, to every request of a bearer token after its first ones. */
      readonly kind: "expire-token";
      /** Requests that each token is good for. */
      readonly afterRequests: number;
    }
  | {
      /** Sends the client to the proxy's other host, which has the content and needs no credentials, as signed storage addresses do. */
      readonly kind: "redirect";
      /** @default 307 */
      readonly status?: 301 | 302 | 303 | 307 | 308 | undefined;
    }
  /** Starts uploads with a `Location` on the other host. */
  | { readonly kind: "upload-elsewhere" }
  /** Answers HEAD by 405. */
  | { readonly kind: "refuse-head" }
  /** Sends the whole content, with 200, whatever the `Range`. */
  | { readonly kind: "ignore-range" }
  /** Starts an upload (202) instead of a mount. */
  | { readonly kind: "refuse-mount" }
  /** Answers a mount by 201 without mounting anything. */
  | { readonly kind: "forget-mount" }
  /** Answers the push of a manifest by 400 MANIFEST_BLOB_UNKNOWN, as when garbage was collected since the blobs were pushed. */
  | { readonly kind: "lose-blob" };

/** Which requests a rule is for; what is left out matches all. */
export interface FaultMatch {
  readonly method?: string | readonly string[] | undefined;
  /** Compared with the path and query: a text is to be contained in it. */
  readonly path?: string | RegExp | undefined;
  /** Compared with the `Host` header: a text is to equal it. Only rules that name it match requests to the other host. */
  readonly host?: string | RegExp | undefined;
}

/** One fault, and when it happens. Requests that a fault makes no sense for are neither matched nor counted. */
export interface FaultRule {
  /** @default all requests */
  readonly match?: FaultMatch | undefined;
  /** Requests with the fault. @default 1 */
  readonly times?: number | "always" | undefined;
  /** Matching requests that pass before the first with the fault. @default 0 */
  readonly after?: number | undefined;
  readonly fault: Fault;
}
