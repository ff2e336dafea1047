import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { ImageSpecError, messageOf, systemCodeOf } from "@imagespec/errors";

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

/** A server that listens. */
export interface Listener {
  readonly port: number;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/** @throws CONFIG_INVALID when the host or port cannot be listened on, or the TLS key and certificate cannot be used */
export async function listen(options: ListenOptions, handler: RequestListener): Promise<Listener> {
  const { host, port } = options;
  const server = createListener(options, handler);
  // Time is what faults are made of; the server itself takes none.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      reject(
        new ImageSpecError("CONFIG_INVALID", `the fault proxy cannot listen on "${host}:${port}": ${error.message}`, {
          hint:
            systemCodeOf(error) === "EADDRINUSE" ? "choose another port, or 0 for a free one" : "choose another host",
          details: { host, port },
          cause: error,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  return {
    // Holds: a server that listens on a port has an address of this form.
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function createListener({ tls }: ListenOptions, handler: RequestListener): Server {
  if (tls === undefined) return createServer(handler);
  try {
    return createTlsServer({ key: tls.key, cert: tls.cert }, handler);
  } catch (error) {
    throw new ImageSpecError("CONFIG_INVALID", `the TLS key or certificate cannot be used: ${messageOf(error)}`, {
      hint: "give both as PEM texts that belong together",
      cause: error,
    });
  }
}
