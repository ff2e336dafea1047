import type { Agent, ClientRequest } from "node:http";
import { ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { networkCode } from "./network-code.ts";
import { nodeExchange } from "./node-exchange.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import { trustedCertificates } from "./trusted-certificates.ts";

export interface NodeTransportOptions {
  readonly ca?: string | readonly string[] | undefined;
  readonly maxConnections: number;
}

/**
 * `node:http` and `node:https` with keep-alive. Uploads have a pool of their own: a copy within one host holds a download open for
 * each upload, and with one pool for both all its connections could be downloads that wait for an upload to start.
 */
export class NodeTransport implements Transport {
  readonly #options: NodeTransportOptions;
  readonly #agents = new Map<string, Promise<Agent>>();
  readonly #active = new Set<ClientRequest>();
  #closed = false;

  constructor(options: NodeTransportOptions) {
    this.#options = options;
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    const pool = request.body !== undefined && "open" in request.body ? "upload" : "other";
    const isSecure = request.url.protocol !== "http:";
    // A client that is never asked loads neither; TLS alone costs a plain loopback registry more than a whole request.
    const { request: open } = isSecure ? await import("node:https") : await import("node:http");
    const options = { method: request.method, headers: request.headers, agent: await this.#agent(isSecure, pool) };
    return this.#exchange(() => open(request.url, options), request);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const outgoing of this.#active) outgoing.destroy();
    for (const agent of this.#agents.values()) (await agent).destroy();
    this.#agents.clear();
  }

  async #exchange(open: () => ClientRequest, request: TransportRequest): Promise<TransportResponse> {
    throwIfAborted(request.signal);
    this.#assertOpen();
    const outgoing = this.#track(open());
    try {
      return await nodeExchange(outgoing, request);
    } catch (error) {
      this.#assertOpen();
      const isStream = request.body !== undefined && "open" in request.body;
      if (isStream || !outgoing.reusedSocket || networkCode(error) !== "ECONNRESET") throw error;
      // The server closed a connection that had been idle while this request was on its way: no failure, and no reason to wait.
      throwIfAborted(request.signal);
      return nodeExchange(this.#track(open()), request);
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw new ImageSpecError("ABORTED", "the connection was closed with its client");
  }

  #track(outgoing: ClientRequest): ClientRequest {
    this.#active.add(outgoing);
    outgoing.once("close", () => this.#active.delete(outgoing));
    return outgoing;
  }

  #agent(isSecure: boolean, pool: string): Promise<Agent> {
    const key = `${isSecure} ${pool}`;
    const agent = this.#agents.get(key) ?? (isSecure ? this.#createHttpsAgent() : this.#createHttpAgent());
    this.#agents.set(key, agent);
    return agent;
  }

  async #createHttpAgent(): Promise<Agent> {
    const { Agent } = await import("node:http");
    return new Agent({ keepAlive: true, maxSockets: this.#options.maxConnections });
  }

  async #createHttpsAgent(): Promise<Agent> {
    const { Agent } = await import("node:https");
    const { ca, maxConnections } = this.#options;
    return new Agent({
      keepAlive: true,
      maxSockets: maxConnections,
      ...(ca === undefined ? {} : { ca: await trustedCertificates(ca) }),
    });
  }
}
