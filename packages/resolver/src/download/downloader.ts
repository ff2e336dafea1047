import { setTimeout as sleep } from "node:timers/promises";
import { ImageSpecError, isImageSpecError, messageOf, redact, systemCodeOf, throwIfAborted } from "@imagespec/errors";
import { createTransport, detectProxy, type Transport, type TransportResponse } from "@imagespec/registry-client";
import type { Login } from "./netrc.ts";

export interface DownloaderOptions {
  /** Whose files they are, for messages. @default "package index" */
  readonly server?: string;
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
  /** Bytes after which an answer is refused. */
  readonly maxSize?: number;
}

/** Reads files over HTTP(S): redirects, logins, proxies, retries, and resuming where a connection broke. */
export interface Downloader {
  /**
   * Opens with the first step of the iteration.
   *
   * @throws INDEX_DOWN, INDEX_AUTH, INDEX_PROTOCOL with `details.status`
   */
  open(url: string, request?: DownloadRequest): AsyncIterable<Uint8Array>;
  /** The whole of a small file as text. @default maxSize 64 MiB */
  text(url: string, request?: DownloadRequest): Promise<{ readonly text: string; readonly contentType: string }>;
  close(): Promise<void>;
}

export function createDownloader(options: DownloaderOptions = {}): Downloader {
  return new RetryingDownloader(options);
}

const maxRedirects = 10;

/** A failure that another try may mend. */
class Passing extends Error {
  readonly delayMs: number | undefined;
  readonly status: number | undefined;

  constructor(
    message: string,
    options: { readonly delayMs?: number; readonly status?: number; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.delayMs = options.delayMs;
    this.status = options.status;
  }
}

class RetryingDownloader implements Downloader {
  readonly #options: DownloaderOptions;
  readonly #transport: Transport;

  constructor(options: DownloaderOptions) {
    this.#options = options;
    this.#transport = createTransport({ proxy: detectProxy(), ca: options.ca, maxConnections: 16 });
  }

  async *open(url: string, request: DownloadRequest = {}): AsyncGenerator<Uint8Array> {
    let received = 0;
    let validator: string | undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.#get(url, request, received === 0 ? {} : rangeFrom(received, validator));
        validator ??= response.header("etag");
        // A server that ignores the range starts again: what is known already is skipped.
        let skip = response.status === 206 ? 0 : received;
        for await (const chunk of response.body) {
          const fresh = skip === 0 ? chunk : chunk.subarray(Math.min(skip, chunk.length));
          skip -= chunk.length - fresh.length;
          if (fresh.length === 0) continue;
          received += fresh.length;
          if (received > (request.maxSize ?? Number.POSITIVE_INFINITY)) {
            throw this.#protocol(url, `answers with more than ${request.maxSize} bytes`);
          }
          yield fresh;
        }
        return;
      } catch (error) {
        await this.#pause(error, url, attempt, request.signal);
      }
    }
  }

  async text(
    url: string,
    request: DownloadRequest = {},
  ): Promise<{ readonly text: string; readonly contentType: string }> {
    const { maxSize = 64 * 1024 * 1024 } = request;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.#get(url, request, {});
        const chunks: Uint8Array[] = [];
        let size = 0;
        for await (const chunk of response.body) {
          size += chunk.length;
          if (size > maxSize) throw this.#protocol(url, `answers with more than ${maxSize} bytes`);
          chunks.push(chunk);
        }
        return { text: Buffer.concat(chunks).toString("utf8"), contentType: response.header("content-type") ?? "" };
      } catch (error) {
        await this.#pause(error, url, attempt, request.signal);
      }
    }
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** Waits before the next try, or throws what no further try can mend. */
  async #pause(error: unknown, url: string, attempt: number, signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal);
    const { attempts = 5, minDelayMs = 500, onRetry } = this.#options;
    const passing = asPassing(error);
    if (passing === undefined) throw error;
    if (attempt >= attempts) throw this.#down(url, passing);
    // Spread, so that many downloads that failed together do not come back together.
    const delayMs = passing.delayMs ?? minDelayMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
    onRetry?.({ what: plain(url), attempt, delayMs, reason: redact(passing.message) });
    await sleep(delayMs, undefined, signal === undefined ? {} : { signal }).catch(() => throwIfAborted(signal));
  }

  async #get(
    address: string,
    request: DownloadRequest,
    extra: Readonly<Record<string, string>>,
  ): Promise<TransportResponse> {
    throwIfAborted(request.signal);
    let url = new URL(address);
    for (let hops = 0; hops <= maxRedirects; hops++) {
      const response = await this.#send(url, request, extra);
      const location = response.header("location");
      if ([301, 302, 303, 307, 308].includes(response.status) && location !== undefined) {
        response.body.destroy();
        const next = new URL(location, url);
        if (url.protocol === "https:" && next.protocol !== "https:") {
          throw this.#protocol(address, `redirects from https to "${next.protocol}//${next.host}"`);
        }
        url = next;
        continue;
      }
      if (response.status === 200 || response.status === 206) return response;
      response.body.destroy();
      throw this.#refusal(address, response);
    }
    throw this.#protocol(address, `redirects more than ${maxRedirects} times`);
  }

  #send(url: URL, request: DownloadRequest, extra: Readonly<Record<string, string>>): Promise<TransportResponse> {
    // Looked up anew for each host, so that a login never follows a redirect to another one.
    const login =
      url.username === ""
        ? request.loginFor?.(url)
        : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    const bare = new URL(url);
    bare.username = "";
    bare.password = "";
    const authorization =
      login === undefined
        ? undefined
        : `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
    return this.#transport.send({
      method: "GET",
      url: bare,
      headers: {
        accept: request.accept ?? "*/*",
        // Compressed transfer would make sizes and ranges mean something else.
        "accept-encoding": "identity",
        "user-agent": "imagespec",
        ...(authorization === undefined ? {} : { authorization }),
        ...extra,
      },
      signal: request.signal,
      timeoutMs: this.#options.timeoutMs ?? 60_000,
    });
  }

  get #server(): string {
    return this.#options.server ?? "package index";
  }

  #refusal(url: string, response: TransportResponse): Error {
    const { status } = response;
    if (status === 408 || status === 425 || status === 429 || status >= 500) {
      const after = Number(response.header("retry-after") ?? Number.NaN);
      const delay = Number.isFinite(after) && after >= 0 ? { delayMs: Math.min(after, 60) * 1000 } : {};
      return new Passing(`it answered ${status}`, { status, ...delay });
    }
    if (status === 401 || status === 403) {
      return new ImageSpecError("INDEX_AUTH", `the ${this.#server} refused "${plain(url)}" (${status})`, {
        hint: "put a login for the host into ~/.netrc, or into the URL of pipIndex",
        details: { url: plain(url), status },
      });
    }
    return this.#protocol(url, `answered ${status}`, status);
  }

  #protocol(url: string, what: string, status?: number): ImageSpecError {
    return new ImageSpecError("INDEX_PROTOCOL", `the ${this.#server} ${what} for "${plain(url)}"`, {
      hint: "check the URL; if a lock names the file, write the lock again",
      details: { url: plain(url), ...(status === undefined ? {} : { status }) },
    });
  }

  #down(url: string, cause: Passing): ImageSpecError {
    const code = systemCodeOf(cause);
    const isCertificate = /certificate|self-signed|CERT_/i.test(messageOf(cause.cause ?? cause));
    return new ImageSpecError(
      "INDEX_DOWN",
      `the ${this.#server} cannot be reached for "${plain(url)}": ${cause.message}`,
      {
        hint: isCertificate
          ? "set SSL_CERT_FILE to your certificate authority's PEM file"
          : "check the network connection, the proxy settings and the URL",
        cause,
        details: {
          url: plain(url),
          ...(code === undefined ? {} : { code }),
          ...(cause.status === undefined ? {} : { status: cause.status }),
        },
      },
    );
  }
}

function rangeFrom(offset: number, validator: string | undefined): Readonly<Record<string, string>> {
  const condition = validator === undefined || validator.startsWith("W/") ? {} : { "if-range": validator };
  return { range: `bytes=${offset}-`, ...condition };
}

function asPassing(error: unknown): Passing | undefined {
  if (error instanceof Passing) return error;
  if (isImageSpecError(error) || !(error instanceof Error)) return undefined;
  return new Passing(error.message, { cause: error });
}

/** Without login and query, which may hold a signature. */
function plain(url: string): string {
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname}`;
}
