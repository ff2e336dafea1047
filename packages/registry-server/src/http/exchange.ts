import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { RegistryFailure, type RegistryProblem } from "./registry-failure.ts";

type Headers = Readonly<Record<string, string | number | readonly string[]>>;

/** One request and its response. */
export interface Exchange {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly bytesIn: number;
  readonly bytesOut: number;
  header(name: string): string | undefined;
  /** `Content-Length`, `undefined` when the body comes in chunks of unknown number. */
  readonly contentLength: number | undefined;
  /** The body, as it arrives. */
  body(): AsyncIterable<Uint8Array>;
  /** Cuts the connection. */
  abort(): void;
  /** `http://host` as the client sees this registry. */
  readonly origin: string;
  /** Sends a response without, or with a whole, body. */
  send(status: number, headers: Headers, body?: Uint8Array): void;
  /** Sends a response whose body is streamed; `Content-Length` must be among the headers. */
  stream(status: number, headers: Headers, body: Readable): Promise<void>;
}

/** The {@link Exchange} of a request and response of `node:http`. */
export function createExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  // Not URL: it throws for "//", which is a request like any other.
  const [, path = "/", query = ""] = /^(?:https?:\/\/[^/?]*)?([^?]*)\??(.*)$/is.exec(request.url ?? "/") ?? [];
  let bytesIn = 0;
  let bytesOut = 0;

  function head(status: number, headers: Headers): void {
    response.statusCode = status;
    response.setHeader("Docker-Distribution-Api-Version", "registry/2.0");
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  }

  return {
    method: request.method ?? "GET",
    path: decodePath(path),
    query: new URLSearchParams(query),
    contentLength: parseLength(request.headers["content-length"]),
    origin: originOf(request),

    get bytesIn() {
      return bytesIn;
    },
    get bytesOut() {
      return bytesOut;
    },

    header(name) {
      const value = request.headers[name.toLowerCase()];
      return typeof value === "string" ? value : value?.join(", ");
    },

    async *body() {
      // Kept open, so that a request whose body is refused half-way still gets its answer.
      for await (const chunk of request.iterator({ destroyOnReturn: false })) {
        // Holds: nobody sets an encoding, so a request yields buffers.
        const bytes = chunk as Buffer;
        bytesIn += bytes.length;
        yield bytes;
      }
      // An aborted request can end the iteration without an error when all it had was already buffered.
      if (!request.complete) throw new RegistryFailure(400, { code: "SIZE_INVALID", message: "the body was cut off" });
    },

    abort: () => request.destroy(),

    send(status, headers, body = new Uint8Array()) {
      head(status, headers);
      const hasBody = request.method !== "HEAD" && status !== 204 && status !== 304;
      if (status !== 204 && status !== 304 && !response.hasHeader("Content-Length")) {
        response.setHeader("Content-Length", body.length);
      }
      if (hasBody) bytesOut += body.length;
      response.end(hasBody ? body : undefined);
    },

    async stream(status, headers, body) {
      head(status, headers);
      await pipeline(
        body,
        async function* count(chunks: AsyncIterable<Uint8Array>) {
          for await (const chunk of chunks) {
            bytesOut += chunk.length;
            yield chunk;
          }
        },
        response,
      );
    },
  };
}

/** Sends the error body of the specification. */
export function sendFailure(exchange: Exchange, failure: RegistryFailure): void {
  exchange.send(
    failure.status,
    { ...failure.headers, "Content-Type": "application/json" },
    errorBody(failure.problems),
  );
}

function errorBody(errors: readonly RegistryProblem[]): Uint8Array {
  return Buffer.from(JSON.stringify({ errors }));
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    // The name grammar refuses "%" later, with the right error body.
    return path;
  }
}

function parseLength(value: string | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function originOf(request: IncomingMessage): string {
  const forwarded = request.headers["x-forwarded-proto"];
  const encrypted = "encrypted" in request.socket || forwarded === "https";
  return `${encrypted ? "https" : "http"}://${request.headers.host ?? "localhost"}`;
}
