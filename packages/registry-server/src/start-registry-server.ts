import { mkdir } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { ImageSpecError, messageOf, systemCodeOf } from "@imagespec/errors";
import { createRegistryHandler } from "./create-registry-handler.ts";
import type { RegistryServerOptions } from "./options.ts";

/** A registry that listens. */
export interface RegistryServer {
  /** Host and port, as they stand in image references: `127.0.0.1:41234`. */
  readonly address: string;
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  /** Stops listening, lets running requests end for two seconds, cuts what is left, and resolves when nothing is going on any more. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const closeGraceMs = 2000;

/** A connection on which nothing moves for so long has lost its client. */
const idleTimeoutMs = 15 * 60 * 1000;

/**
 * Starts an OCI registry that docker, skopeo, crane and buildkit push to and pull from.
 *
 * @throws STORE_UNUSABLE when `root` cannot be created
 * @throws CONFIG_INVALID when the host or port cannot be listened on, or the TLS key and certificate cannot be used
 */
export async function startRegistryServer(options: RegistryServerOptions = {}): Promise<RegistryServer> {
  if (options.root !== undefined) await createRoot(options.root);
  const registry = createRegistryHandler(options);
  const server = createListener(options, registry.handler);
  // A layer takes as long as it takes; five minutes would be the default.
  server.requestTimeout = 0;
  server.setTimeout(idleTimeoutMs);
  // Longer than clients keep their idle connections, so that they do not reuse one that is being closed.
  server.keepAliveTimeout = 120_000;

  const host = options.host ?? "127.0.0.1";
  await listen(server, host, options.port ?? 0);
  // Holds: a server that listens on a port has one.
  const { port } = server.address() as AddressInfo;
  const address = `${reachableHost(host)}:${port}`;

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const timer = setTimeout(() => server.closeAllConnections(), closeGraceMs);
    // A connection that was busy just now is idle when its response has ended.
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    await closed;
    clearTimeout(timer);
    clearInterval(sweep);
    await registry.close();
  }
  const closeOnce = (): Promise<void> => {
    closing ??= close();
    return closing;
  };

  return {
    address,
    url: `${options.tls === undefined ? "http" : "https"}://${address}`,
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

function createListener(options: RegistryServerOptions, handler: Parameters<typeof createServer>[1]): Server {
  if (options.tls === undefined) return createServer(handler);
  try {
    return createTlsServer({ key: options.tls.key, cert: options.tls.cert }, handler);
  } catch (error) {
    throw new ImageSpecError("CONFIG_INVALID", `the TLS key or certificate cannot be used: ${messageOf(error)}`, {
      hint: "give both as PEM texts that belong together",
      cause: error,
    });
  }
}

async function createRoot(root: string): Promise<void> {
  try {
    await mkdir(root, { recursive: true });
  } catch (error) {
    throw new ImageSpecError("STORE_UNUSABLE", `the registry folder "${root}" cannot be created`, {
      hint: "choose a folder that can be written",
      details: { root },
      cause: error,
    });
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      reject(
        new ImageSpecError("CONFIG_INVALID", `the registry cannot listen on "${host}:${port}": ${error.message}`, {
          hint:
            systemCodeOf(error) === "EADDRINUSE" ? "choose another port, or 0 for a free one" : "choose another host",
          details: { host, port },
          cause: error,
        }),
      );
    };
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

function reachableHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
