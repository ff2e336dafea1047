import { setTimeout as sleep } from "node:timers/promises";
import { ImageSpecError, isImageSpecError, messageOf, redact, systemCodeOf, throwIfAborted } from "@imagespec/errors";
import { createTransport, detectProxy, type Transport, type TransportResponse } from "@imagespec/registry-client";
import type { Login } from "./netrc.ts";

export interface DownloaderOptions {
  /** PEM text of further certificate authorities. */
  readonly ca?: string | undefined;
  /** Tries for one file, the first included. @default 5 */
  readonly attempts?: number;
  /** Milliseconds before the second try; doubled for each further one. @default 500 */
  readonly minDelayMs?: number;
  /** Milliseconds without a byte. @default 60000 */
  readonly timeoutMs?: number;
  readonly onRetry?: (info: {
    readonly what: string;
    readonly attempt: number;
    readonly delayMs: number;
    readonly reason: string;
  }) => void;
}

export interface DownloadRequest {
  readonly accept?: string;
  readonly loginFor?: (url: URL) => Login | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Reads files of package indexes over HTTP(S): redirects, logins, retries, and resuming where a connection broke. */
export interface Downloader {
  /** @throws INDEX_DOWN, INDEX_AUTH, INDEX_PROTOCOL */
  open(url: string, request?: DownloadRequest): AsyncIterable<Uint8Array>;
  /** The whole of a small file as text. */
  text(
    url: string,
    request?: DownloadRequest & { readonly maxSize?: number },
  ): Promise<{ readonly text: string; readonly contentType: string }>;
  close(): Promise<void>;
}

/** A failure that another try may mend. */
class Passing extends Error {
  readonly delayMs: number | undefined;
  constructor(message: string, options: { readonly delayMs?: number | undefined; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.delayMs = options.delayMs;
  }
}

export function createDownloader(options: DownloaderOptions = {}): Downloader {
  const transport = createTransport({ proxy: detectProxy(), ca: options.ca, maxConnections: 16 });
  const attempts = options.attempts ?? 5;

  async function* open(url: string, request: DownloadRequest = {}): AsyncGenerator<Uint8Array> {
    let received = 0;
    let validator: string | undefined;
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(request.signal);
      try {
        const response = await get(
          transport,
          url,
          request,
          options.timeoutMs ?? 60_000,
          received === 0 ? {} : rangeFrom(received, validator),
        );
        validator ??= response.header("etag");
        // A server that ignores the range starts again: what is known already is skipped.
        let skip = response.status === 206 ? 0 : received;
        for await (const chunk of response.body) {
          const fresh = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.length));
          skip -= chunk.length - fresh.length;
          if (fresh.length === 0) continue;
          received += fresh.length;
          yield fresh;
        }
        return;
      } catch (error) {
        throwIfAborted(request.signal);
        const passing = asPassing(error);
        if (passing === undefined) throw error;
        if (attempt >= attempts) throw down(url, passing);
        const delayMs =
          passing.delayMs ?? (options.minDelayMs ?? 500) * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
        options.onRetry?.({ what: plain(url), attempt, delayMs, reason: redact(passing.message) });
        await sleep(delayMs, undefined, request.signal === undefined ? {} : { signal: request.signal }).catch(() =>
          throwIfAborted(request.signal),
        );
      }
    }
  }

  return {
    open,
    text: async (url, request = {}) => {
      let contentType = "";
      for (let attempt = 1; ; attempt++) {
        try {
          const response = await get(transport, url, request, options.timeoutMs ?? 60_000, {});
          contentType = response.header("content-type") ?? "";
          const chunks: Uint8Array[] = [];
          let size = 0;
          for await (const chunk of response.body) {
            size += chunk.length;
            if (size > (request.maxSize ?? 64 * 1024 * 1024))
              throw protocol(url, "answers with more data than expected");
            chunks.push(chunk);
          }
          return { text: Buffer.concat(chunks).toString("utf8"), contentType };
        } catch (error) {
          throwIfAborted(request.signal);
          const passing = asPassing(error);
          if (passing === undefined) throw error;
          if (attempt >= attempts) throw down(url, passing);
          await sleep(passing.delayMs ?? (options.minDelayMs ?? 500) * 2 ** (attempt - 1));
        }
      }
    },
    close: () => transport.close(),
  };
}

function rangeFrom(offset: number, validator: string | undefined): Readonly<Record<string, string>> {
  return {
    range: `bytes=${offset}-`,
    ...(validator === undefined || validator.startsWith("W/") ? {} : { "if-range": validator }),
  };
}

async function get(
  transport: Transport,
  address: string,
  request: DownloadRequest,
  timeoutMs: number,
  extra: Readonly<Record<string, string>>,
): Promise<TransportResponse> {
  let url = new URL(address);
  for (let hops = 0; hops < 10; hops++) {
    // Looked up anew for each host, so that a login never follows a redirect to another one.
    const login =
      url.username === ""
        ? request.loginFor?.(url)
        : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    const bare = new URL(url);
    bare.username = "";
    bare.password = "";
    const response = await transport.send({
      method: "GET",
      url: bare,
      headers: {
        accept: request.accept ?? "*/*",
        // Compressed transfer would make sizes and ranges mean something else.
        "accept-encoding": "identity",
        "user-agent": "imagespec",
        ...(login === undefined
          ? {}
          : { authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}` }),
        ...extra,
      },
      signal: request.signal,
      timeoutMs,
    });
    const location = response.header("location");
    if ([301, 302, 303, 307, 308].includes(response.status) && location !== undefined) {
      response.body.destroy();
      url = new URL(location, url);
      continue;
    }
    if (response.status === 200 || response.status === 206) return response;
    response.body.destroy();
    throw refusal(address, response);
  }
  throw protocol(address, "redirects more than 10 times");
}

function refusal(url: string, response: TransportResponse): Error {
  const { status } = response;
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const after = Number(response.header("retry-after"));
    return new Passing(
      `answered ${status}`,
      Number.isFinite(after) && after >= 0 ? { delayMs: Math.min(after, 60) * 1000 } : {},
    );
  }
  if (status === 401 || status === 403) {
    return new ImageSpecError("INDEX_AUTH", `the package index refused "${plain(url)}" (${status})`, {
      hint: "put a login for the host into ~/.netrc, or into the URL of pipIndex",
      details: { url: plain(url), status },
    });
  }
  return protocol(url, `answered ${status}`, status);
}

function protocol(url: string, what: string, status?: number): ImageSpecError {
  return new ImageSpecError("INDEX_PROTOCOL", `the package index ${what} for "${plain(url)}"`, {
    hint: "check the index URL; if a lock names the file, write the lock again",
    details: { url: plain(url), ...(status === undefined ? {} : { status }) },
  });
}

function down(url: string, cause: Error): ImageSpecError {
  const code = systemCodeOf(cause);
  const certificate = /certificate|self-signed|CERT_/i.test(messageOf(cause.cause ?? cause));
  return new ImageSpecError("INDEX_DOWN", `the package index cannot be reached for "${plain(url)}": ${cause.message}`, {
    hint: certificate
      ? "set SSL_CERT_FILE to your certificate authority's PEM file"
      : "check the network connection, the proxy settings and the index URL",
    cause,
    details: { url: plain(url), ...(code === undefined ? {} : { code }) },
  });
}

function asPassing(error: unknown): Passing | undefined {
  if (error instanceof Passing) return error;
  if (isImageSpecError(error)) return undefined;
  return error instanceof Error ? new Passing(error.message, { cause: error }) : undefined;
}

/** Without login and query, which may hold a signature. */
function plain(url: string): string {
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname}`;
}
