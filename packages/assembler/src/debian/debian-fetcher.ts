import http from "node:http";
import https from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { ImageSpecError, messageOf, systemCodeOf, throwIfAborted } from "@imagespec/errors";
import type { DebianFetcher } from "./debian-environment.ts";

export interface DebianFetcherOptions {
  /**
   * Tries of one file before giving up, the first included.
   *
   * @default 5
   */
  readonly attempts?: number;
  /**
   * Wait before the second try, in milliseconds; doubles with every further one.
   *
   * @default 300
   */
  readonly minDelayMs?: number;
  /**
   * Time without a byte after which a try has failed, in milliseconds.
   *
   * @default 30000
   */
  readonly timeoutMs?: number;
}

const maxRedirects = 5;
/** What may pass by itself. Every other answer than 200 and 206 is final. */
const retriedStatus: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * A fetcher on Node's own HTTP client with kept-alive connections.
 *
 * A body that breaks off is continued at the byte where it broke off: every file is verified by digest or signature
 * afterwards, so a file that changed in between is noticed.
 */
export function createDebianFetcher(options: DebianFetcherOptions = {}): DebianFetcher {
  const { attempts = 5, minDelayMs = 300, timeoutMs = 30_000 } = options;
  const agents = {
    "http:": new http.Agent({ keepAlive: true, maxSockets: 16 }),
    "https:": new https.Agent({ keepAlive: true, maxSockets: 16 }),
  };

  const open = async (url: string, offset: number, signal: AbortSignal | undefined): Promise<http.IncomingMessage> => {
    let target = new URL(url);
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const response = await request(target, { agents, offset, signal, timeoutMs });
      const { statusCode = 0, headers } = response;
      if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
        response.resume();
        const next = new URL(headers.location, target);
        if (target.protocol === "https:" && next.protocol !== "https:") {
          throw failure("INDEX_PROTOCOL", url, `redirects from https to "${next.protocol}//${next.host}"`);
        }
        target = next;
        continue;
      }
      if (statusCode === 200 || (statusCode === 206 && offset > 0)) return response;
      response.resume();
      throw failure(retriedStatus.has(statusCode) ? "INDEX_DOWN" : "INDEX_PROTOCOL", url, `answers ${statusCode}`, {
        status: statusCode,
      });
    }
    throw failure("INDEX_PROTOCOL", url, `redirects more than ${maxRedirects} times`);
  };

  return async (url, { signal, maxSize }) => {
    let attempt = 1;
    const openWithRetry = async (offset: number, broken?: unknown): Promise<http.IncomingMessage> => {
      let last = broken;
      for (;;) {
        if (last !== undefined) {
          if (attempt >= attempts || !isTransient(last)) throw asIndexDown(url, last);
          await delay(minDelayMs * 2 ** (attempt - 1), undefined, signal === undefined ? {} : { signal }).catch(() =>
            throwIfAborted(signal),
          );
          attempt++;
        }
        throwIfAborted(signal);
        try {
          return await open(url, offset, signal);
        } catch (cause) {
          throwIfAborted(signal);
          last = cause;
        }
      }
    };
    const first = await openWithRetry(0);
    return body(first);

    async function* body(response: http.IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
      let current = response;
      let received = 0;
      for (;;) {
        const active = current;
        // A server that ignores the range sends the file from its start again.
        let skip = active.statusCode === 206 ? 0 : received;
        try {
          for await (const piece of active) {
            // Without an encoding set, the response yields buffers.
            const bytes = piece as Buffer;
            const fresh = bytes.subarray(Math.min(skip, bytes.length));
            skip -= bytes.length - fresh.length;
            if (fresh.length === 0) continue;
            received += fresh.length;
            if (received > maxSize) throw failure("DEBIAN_INDEX", url, `has more than ${maxSize} bytes`);
            yield fresh;
          }
          return;
        } catch (cause) {
          throwIfAborted(signal);
          current = await openWithRetry(received, cause);
        } finally {
          active.destroy();
        }
      }
    }
  };
}

interface RequestOptions {
  readonly agents: { readonly "http:": http.Agent; readonly "https:": https.Agent };
  readonly offset: number;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
}

function request(target: URL, { agents, offset, signal, timeoutMs }: RequestOptions): Promise<http.IncomingMessage> {
  if (target.protocol !== "http:" && target.protocol !== "https:") {
    return Promise.reject(failure("INDEX_PROTOCOL", target.href, "is not an http or https URL"));
  }
  const secure = target.protocol === "https:";
  return new Promise((resolve, reject) => {
    const sent = (secure ? https : http).request(target, {
      agent: secure ? agents["https:"] : agents["http:"],
      headers: { "user-agent": "imagespec", ...(offset > 0 ? { range: `bytes=${offset}-` } : {}) },
      timeout: timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
    sent.on("timeout", () => sent.destroy(new Error(`no answer for ${timeoutMs} ms`)));
    sent.on("error", reject);
    sent.on("response", resolve);
    sent.end();
  });
}

function isTransient(cause: unknown): boolean {
  return !(cause instanceof ImageSpecError) || cause.code === "INDEX_DOWN";
}

function asIndexDown(url: string, cause: unknown): ImageSpecError {
  if (cause instanceof ImageSpecError) return cause;
  const code = systemCodeOf(cause);
  return failure(
    "INDEX_DOWN",
    url,
    `cannot be reached: ${messageOf(cause)}`,
    code === undefined ? {} : { code },
    cause,
  );
}

function failure(
  code: "INDEX_DOWN" | "INDEX_PROTOCOL" | "DEBIAN_INDEX",
  url: string,
  what: string,
  details: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): ImageSpecError {
  return new ImageSpecError(code, `Debian archive file "${url}" ${what}`, {
    hint:
      code === "INDEX_DOWN"
        ? "check the network and the URLs of the Debian archive, or try again later"
        : "check the URLs of the Debian archive",
    details: { url, ...details },
    ...(cause === undefined ? {} : { cause }),
  });
}
