import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A server on a free port of loopback. */
export interface Listener {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `127.0.0.1:port` */
  readonly host: string;
  close(): Promise<void>;
}

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Serves until it is closed. What the handler throws is a defect of the test-bed: it is printed, and answered by 599, which no cloud uses. */
export async function listen(handler: RequestHandler): Promise<Listener> {
  const server = createServer((request, response) => {
    handler(request, response).catch((error: unknown) => {
      // A client that went away is no defect.
      if (request.destroyed && !request.complete) return;
      console.error(`test-bed: ${request.method} ${request.url}`, error);
      if (!response.headersSent) response.writeHead(599);
      response.end();
    });
  });
  server.keepAliveTimeout = 1_000;
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has an address of this shape.
  const { port } = server.address() as { readonly port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
