import type { IncomingHttpHeaders } from "node:http";
import { type Listener, listen } from "../../shared/listen.ts";
import { readBody } from "../../shared/read-body.ts";
import { errorBody, GoogleError } from "../google-error.ts";

/** One request, its body read whole. */
export interface HttpCall {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is answered. An object as the body is sent as JSON. */
export interface HttpAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | object;
}

/** Thrown by a handler that wants the connection cut without an answer. */
export class ConnectionDropped extends Error {}

/** Serves a handler on a free loopback port. What it throws as a GoogleError becomes Google's form of an error. */
export function serveHttp(
  handle: (call: HttpCall) => Promise<HttpAnswer>,
  describeError: (error: GoogleError) => HttpAnswer = (error) => ({ status: error.httpCode, body: errorBody(error) }),
): Promise<Listener> {
  return listen(async (request, response) => {
    const body = Buffer.from(await readBody(request));
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "127.0.0.1"}`);
    let answer: HttpAnswer;
    try {
      answer = await handle({ method: request.method ?? "GET", url, headers: request.headers, body });
    } catch (error) {
      if (error instanceof ConnectionDropped) return void request.socket.destroy();
      if (!(error instanceof GoogleError)) throw error;
      answer = describeError(error);
    }
    const { status = 200, headers = {}, body: content } = answer;
    const isJson = typeof content === "object" && !(content instanceof Uint8Array);
    const bytes = Buffer.from(isJson ? JSON.stringify(content) : (content ?? ""));
    response.writeHead(status, {
      ...(isJson ? { "content-type": "application/json; charset=UTF-8" } : {}),
      // A 204 has no length (RFC 9110, 8.6).
      ...(status === 204 ? {} : { "content-length": bytes.length }),
      ...headers,
    });
    response.end(request.method === "HEAD" ? undefined : bytes);
  });
}
