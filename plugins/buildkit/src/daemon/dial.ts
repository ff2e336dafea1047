import type { Duplex } from "node:stream";
import { type EngineDial, engineConnectionError } from "@imagespec/core";
import { abortedError, ImageSpecError } from "@imagespec/errors";

/** The daemon answered an upgrade by a status of its own: it does not speak gRPC this way (Podman says 404). */
export class UpgradeRefused extends Error {
  override readonly name = "UpgradeRefused";
  readonly status: number;

  constructor(path: string, status: number) {
    super(`the upgrade of "${path}" was answered by status ${status}`);
    this.status = status;
  }
}

/** A daemon that connections can be opened to. */
export interface Dialer {
  /** For people; carries no credentials. */
  readonly address: string;
  /** A connection as it is; with TLS, after the handshake. @throws ENGINE_DOWN, ENGINE_PERMISSION, ENGINE_UNSUPPORTED (TLS), ABORTED */
  connect(signal: AbortSignal): Promise<Duplex>;
  /**
   * A connection to an Engine that was turned into HTTP/2 without TLS by `POST path` with `Upgrade: h2c`. A list of values is
   * sent as one header each.
   *
   * @throws UpgradeRefused, ENGINE_DOWN, ENGINE_PERMISSION, ENGINE_UNSUPPORTED (TLS), ABORTED
   */
  upgrade(
    path: "/grpc" | "/session",
    headers: Readonly<Record<string, string | readonly string[]>>,
    signal: AbortSignal,
  ): Promise<Duplex>;
}

export interface DialerOptions {
  /** Name in the server's certificate. @default the host of the address */
  readonly serverName?: string;
  /**
   * Milliseconds for a connection to be there. A socket whose daemon hangs accepts and then says nothing: that is for others to
   * notice.
   *
   * @default 10000
   */
  readonly connectTimeoutMs?: number;
}

/** Opens connections to one address. */
export function createDialer(address: string, dial: EngineDial, options: DialerOptions = {}): Dialer {
  const { serverName, connectTimeoutMs = 10_000 } = options;
  const bounded = async <T>(signal: AbortSignal, open: (limit: AbortSignal) => Promise<T>): Promise<T> => {
    const timer = new AbortController();
    const timeout = setTimeout(() => timer.abort(), connectTimeoutMs);
    try {
      return await open(AbortSignal.any([signal, timer.signal]));
    } catch (error) {
      if (signal.aborted) throw abortedError(signal);
      if (timer.signal.aborted) throw noAnswer(address, connectTimeoutMs, error);
      throw engineConnectionError(address, error);
    } finally {
      clearTimeout(timeout);
    }
  };
  return {
    address,
    connect: (signal) => bounded(signal, (limit) => connectTo(dial, serverName, limit)),
    upgrade: (path, headers, signal) =>
      bounded(signal, (limit) => upgradeTo(dial, serverName, { path, headers }, limit)),
  };
}

async function connectTo(dial: EngineDial, serverName: string | undefined, signal: AbortSignal): Promise<Duplex> {
  const { connect } = await import("node:net");
  const { connect: connectTls } = await import("node:tls");
  signal.throwIfAborted();
  const socket =
    dial.kind === "socket"
      ? connect({ path: dial.path })
      : dial.kind === "tcp"
        ? connect({ host: dial.host, port: dial.port })
        : connectTls({
            host: dial.host,
            port: dial.port,
            ALPNProtocols: ["h2"],
            servername: serverName ?? nameOf(dial),
            ...dial.tls,
          });
  const ready = dial.kind === "tls" ? "secureConnect" : "connect";
  const stop = () => socket.destroy(new Error("the connection was given up"));
  signal.addEventListener("abort", stop, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(ready, resolve);
      socket.once("error", reject);
    });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function upgradeTo(
  dial: EngineDial,
  serverName: string | undefined,
  { path, headers }: { readonly path: string; readonly headers: Readonly<Record<string, string | readonly string[]>> },
  signal: AbortSignal,
): Promise<Duplex> {
  const { request } = dial.kind === "tls" ? await import("node:https") : await import("node:http");
  signal.throwIfAborted();
  const target =
    dial.kind === "socket"
      ? { socketPath: dial.path }
      : {
          host: dial.host,
          port: dial.port,
          ...(dial.kind === "tls" ? { servername: serverName ?? nameOf(dial), ...dial.tls } : {}),
        };
  const copied = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? value : [...value]]),
  );
  const upgrading = request({
    ...target,
    method: "POST",
    path,
    // A connection of its own: an agent that keeps connections would hand this one to others.
    agent: false,
    headers: { host: "localhost", connection: "Upgrade", upgrade: "h2c", ...copied },
  });
  const stop = () => upgrading.destroy(new Error("the connection was given up"));
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise<Duplex>((resolve, reject) => {
      upgrading.once("upgrade", (_response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      upgrading.once("response", (response) => {
        reject(new UpgradeRefused(path, response.statusCode ?? 0));
        upgrading.destroy();
      });
      upgrading.on("error", reject);
      upgrading.end();
    });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** SNI takes names only. */
function nameOf(dial: Extract<EngineDial, { kind: "tls" }>): string {
  return /^[\d.]+$|:/.test(dial.host) ? "" : dial.host;
}

function noAnswer(address: string, limitMs: number, cause: unknown): ImageSpecError {
  return new ImageSpecError("ENGINE_DOWN", `"${address}" did not take the connection within ${limitMs} ms`, {
    hint: "check the address, and whether the daemon is stuck",
    cause,
    details: { host: address },
  });
}
