import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A request as the server got it, with its body. */
export interface ScriptedRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  readonly raw: IncomingMessage;
}

export type Script = (request: ScriptedRequest, response: ServerResponse) => void | Promise<void>;

export interface ScriptedServer {
  /** `127.0.0.1:port`, usable as the name of a registry. */
  readonly address: string;
  /** Requests in the order they came, as `METHOD path`. */
  readonly log: string[];
  readonly requests: ScriptedRequest[];
  readonly sockets: ReadonlySet<Socket>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A server on a free loopback port that answers as a test says. `onHeaders` may answer before the body has come: true if it did. */
export async function startScriptedServer(
  script: Script,
  onHeaders?: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<ScriptedServer> {
  const log: string[] = [];
  const requests: ScriptedRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((raw, response) => {
    if (onHeaders?.(raw, response)) {
      log.push(`${raw.method} ${raw.url}`);
      return;
    }
    const chunks: Buffer[] = [];
    raw.on("data", (chunk: Buffer) => chunks.push(chunk));
    raw.on("end", () => {
      const request = {
        method: raw.method ?? "",
        path: raw.url ?? "",
        headers: raw.headers,
        body: Buffer.concat(chunks),
        raw,
      };
      log.push(`${request.method} ${request.path}`);
      requests.push(request);
      void script(request, response);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    log,
    requests,
    sockets,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends a status with headers and a body; objects go as JSON. */
export function reply(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: Uint8Array | string | object = "",
): void {
  const bytes = body instanceof Uint8Array || typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, { "content-length": String(Buffer.byteLength(bytes)), ...headers });
  response.end(bytes);
}

/** The body that registries send with an error. */
export function errorBody(code: string, message = "as the test says"): object {
  return { errors: [{ code, message }] };
}
