import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer } from "./answer.ts";
import type { Fault } from "./fault.ts";
import { headersWithoutSecrets, type RecordedRequest } from "./recorded-request.ts";
import type { RequestHead } from "./request-head.ts";
import { write } from "./write.ts";

/** The client left before it had all, as clients may. */
export class ClientGone extends Error {
  constructor(cause: unknown) {
    super("the client of the fault proxy left", { cause });
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** One request of a client, and the response to it as far as it has come. */
export class Exchange {
  readonly head: RequestHead;
  readonly record: RecordedRequest;
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;
  readonly #ended = new AbortController();
  readonly #progress: Mutable<RecordedRequest>;

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, isElsewhere: boolean) {
    const { headers, method = "GET", url: path = "/" } = incoming;
    this.head = { method, path, headers, isElsewhere };
    this.#progress = {
      method,
      path,
      status: 0,
      headers: headersWithoutSecrets(headers),
      bytesIn: 0,
      bytesOut: 0,
      faults: [],
    };
    this.record = this.#progress;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    outgoing.once("close", () => this.#ended.abort());
    // Errors come where the body is read; without a listener one that comes later would be an uncaught exception.
    incoming.on("error", () => {});
    outgoing.on("error", () => {});
  }

  /** Aborted when the client is gone or has got all. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** `http://host` as the client addresses the proxy. */
  get ownOrigin(): string {
    const scheme = "encrypted" in this.#incoming.socket ? "https" : "http";
    return `${scheme}://${this.#incoming.headers.host ?? "localhost"}`;
  }

  suffer(faults: readonly Fault[]): void {
    this.#progress.faults = faults.map(({ kind }) => kind);
  }

  /** The body of the request, as it arrives. @throws ClientGone */
  async *body(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of this.#incoming.iterator({ destroyOnReturn: false })) {
        // Holds: no encoding is set, so a request yields buffers.
        const bytes = chunk as Buffer;
        this.#progress.bytesIn += bytes.length;
        yield bytes;
      }
      if (!this.#incoming.complete) throw new Error("the request ended early");
    } catch (error) {
      throw new ClientGone(error);
    } finally {
      // What is not forwarded has to be read all the same, or the connection could not be used again.
      this.#incoming.resume();
    }
  }

  /** Sends a response whose body is whatever the source yields. @throws ClientGone, and what the source throws */
  async respond(
    status: number,
    headers: Readonly<Record<string, string | readonly string[] | undefined>>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    this.#progress.status = status;
    for (const [name, value] of Object.entries(headers)) {
      if (value !== undefined) this.#outgoing.setHeader(name, value);
    }
    this.#outgoing.writeHead(status);
    for await (const chunk of body) {
      await write(this.#outgoing, chunk).catch((error: unknown) => {
        throw new ClientGone(error);
      });
      this.#progress.bytesOut += chunk.length;
    }
    this.#outgoing.end();
  }

  async answer({ body, headers, status }: Answer): Promise<void> {
    const bytes = Buffer.from(body);
    const length = { "content-length": String(bytes.length) };
    await this.respond(status, { ...headers, ...length }, this.head.method === "HEAD" ? nothing() : once(bytes));
  }

  get hasAnswered(): boolean {
    return this.#outgoing.headersSent;
  }

  /** Ends the connection: by RST, or properly (`end`), which looks to the client as if the response had been short. */
  async cut(by: "reset" | "end"): Promise<void> {
    const { socket } = this.#incoming;
    if (this.hasAnswered) {
      this.#outgoing.flushHeaders();
      // An RST overtakes what still lies in the buffers of this machine.
      await new Promise((resolve) => setTimeout(resolve, settleMs));
    }
    if (by === "end") socket.destroySoon();
    else if ("encrypted" in socket) socket.destroy();
    else socket.resetAndDestroy();
  }
}

const settleMs = 5;

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (bytes.length > 0) yield bytes;
}
