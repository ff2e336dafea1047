import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as requestPlain } from "node:http";
import { request as requestTls } from "node:https";
import { write } from "./write.ts";

/** The target did not answer, or not to the end. */
export class TargetFailure extends Error {
  constructor(cause: unknown) {
    super("the target of the fault proxy failed", { cause });
  }
}

/** What the target is sent. */
export interface TargetRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body?: AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal;
}

/** Headers of a connection rather than of the message on it (RFC 9110, 7.6.1). */
const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Sends a request to the target. A body that fails rejects with its error. @throws TargetFailure, AbortError */
export function askTarget(target: URL, request: TargetRequest): Promise<IncomingMessage> {
  const { body, method, path, signal } = request;
  const send = target.protocol === "https:" ? requestTls : requestPlain;
  const outgoing = send({
    host: target.hostname.replace(/^\[|\]$/g, ""),
    port: target.port === "" ? (target.protocol === "https:" ? 443 : 80) : target.port,
    method,
    path,
    headers: { ...endToEnd(request.headers), host: target.host },
    // A connection for each: one that is kept may be closed by the target just when it is used again.
    agent: false,
    signal,
  });
  let hasAnswered = false;
  return new Promise((resolve, reject) => {
    outgoing.on("error", (error) => reject(signal.aborted ? error : new TargetFailure(error)));
    outgoing.once("response", (response) => {
      hasAnswered = true;
      response.on("error", () => {});
      resolve(response);
    });
    sendBody(outgoing, body).catch((error: unknown) => {
      // After an early answer the target need not take the rest.
      if (hasAnswered) return;
      outgoing.destroy();
      reject(error);
    });
  });
}

/** Headers without those of the connection they came by. */
export function endToEnd<T extends IncomingHttpHeaders>(headers: T): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));
}

async function sendBody(outgoing: ClientRequest, body: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  for await (const chunk of body ?? []) await write(outgoing, chunk);
  outgoing.end();
}

/** The body of a response. @throws TargetFailure when it breaks off */
export async function* bodyOf(response: IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = response[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next().catch((error: unknown) => {
        throw new TargetFailure(error);
      });
      if (next.done === true) return;
      // Holds: no encoding is set, so a response yields buffers.
      yield next.value as Buffer;
    }
  } finally {
    response.destroy();
  }
}
