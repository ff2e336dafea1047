import { Readable } from "node:stream";
import { abortedError, throwIfAborted } from "@imagespec/errors";
import type { ProxyAgent } from "undici";
import { ContentFailure } from "./content-failure.ts";
import { guardedBody } from "./guarded-body.ts";
import { IdleTimer, idleError } from "./idle-timer.ts";
import { onAbort } from "./on-abort.ts";
import { uploadPieces } from "./send-stream.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import { trustedCertificates } from "./trusted-certificates.ts";

export interface ProxyTransportOptions {
  readonly proxy: URL;
  readonly ca?: string | readonly string[] | undefined;
  readonly maxConnections: number;
}

/** Requests through one proxy by undici, which is loaded by the first of them: it costs more start-up time than all the rest. */
export class ProxyTransport implements Transport {
  readonly #options: ProxyTransportOptions;
  #agent: Promise<ProxyAgent> | undefined;

  constructor(options: ProxyTransportOptions) {
    this.#options = options;
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    const { body, signal, timeoutMs } = request;
    this.#agent ??= this.#createAgent();
    const [undici, dispatcher] = await Promise.all([import("undici"), this.#agent]);
    throwIfAborted(signal);

    const controller = new AbortController();
    const idle = new IdleTimer(timeoutMs, () => controller.abort(idleError(timeoutMs)));
    const explain = (error: unknown): unknown => (controller.signal.aborted ? controller.signal.reason : error);
    const finish = (): void => {
      idle.end();
      stopListening();
    };
    const stopListening = onAbort(signal, () => controller.abort(abortedError(signal)));
    idle.arm();
    let contentFailure: ContentFailure | undefined;
    try {
      const response = await undici.request(request.url, {
        dispatcher,
        // The methods used here are all among those that undici names.
        method: request.method as "GET",
        headers: request.headers,
        signal: controller.signal,
        headersTimeout: 0,
        bodyTimeout: 0,
        body:
          body === undefined || !("open" in body)
            ? (body ?? null)
            : Readable.from(
                pieces(
                  () => uploadPieces(body, idle),
                  (failure) => {
                    contentFailure = failure;
                  },
                ),
                { highWaterMark: 1 },
              ),
      });
      response.body.once("close", finish);
      return {
        status: response.statusCode,
        header: (name) => {
          const value = response.headers[name];
          return Array.isArray(value) ? value.join(", ") : value;
        },
        body: guardedBody(response.body, idle, explain),
      };
    } catch (error) {
      finish();
      throw contentFailure ?? explain(error);
    }
  }

  async close(): Promise<void> {
    await (await this.#agent)?.destroy();
  }

  async #createAgent(): Promise<ProxyAgent> {
    const { ca, proxy, maxConnections } = this.#options;
    const undici = await import("undici");
    const tls = ca === undefined ? {} : { ca: await trustedCertificates(ca) };
    return new undici.ProxyAgent({
      uri: proxy.href,
      connections: maxConnections,
      requestTls: tls,
      proxyTls: tls,
      // Many proxies allow CONNECT to port 443 only; a plain address is asked for in absolute form.
      proxyTunnel: false,
    });
  }
}

/** undici replaces the error of a body by one of its own; the real one is kept aside. */
async function* pieces(
  open: () => AsyncIterable<Uint8Array>,
  onFailure: (failure: ContentFailure) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* open();
  } catch (error) {
    if (error instanceof ContentFailure) onFailure(error);
    throw error;
  }
}
