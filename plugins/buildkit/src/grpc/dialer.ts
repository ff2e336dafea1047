import { connect as connectPlain } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { abortedError, throwIfAborted } from "@imagespec/errors";

/**
 * How gRPC is reached: `native` when HTTP/2 is spoken at once (buildkitd; Engines from 29.2 on), `upgrade` when it is asked for by
 * `POST /grpc` and `POST /session` (every Engine since 18.09).
 */
export type GrpcProtocol = "native" | "upgrade";

/** Opens byte streams to one daemon. */
export interface Dialer {
  /** To be tried in this order; all but the last are given up when the daemon does not understand them. */
  readonly protocols: readonly [GrpcProtocol, ...GrpcProtocol[]];
  /** Resolves to a stream that is connected. @throws the system error (ENOENT, ECONNREFUSED, EACCES, …); ABORTED */
  connect(protocol: GrpcProtocol, signal: AbortSignal): Promise<Duplex>;
}

/** Files of TLS, as their contents. */
export interface TlsContents {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** @default the host that is dialled */
  readonly serverName?: string;
  /** @default true */
  readonly verify?: boolean;
}

/** Where a daemon listens: a unix socket or named pipe, or a TCP port. */
export type SocketTarget =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly tls?: TlsContents };

const keepAliveMs = 30_000;

/** Dials a socket of this machine or of another one. */
export function createSocketDialer(target: SocketTarget, protocols: Dialer["protocols"]): Dialer {
  return {
    protocols,
    connect(protocol, signal) {
      throwIfAborted(signal);
      if ("path" in target) return whenConnected(connectPlain({ path: target.path }), "connect", signal);
      const { host, port, tls } = target;
      if (tls === undefined) {
        const socket = connectPlain({ host, port }).setNoDelay().setKeepAlive(true, keepAliveMs);
        return whenConnected(socket, "connect", signal);
      }
      const socket = connectTls({
        host,
        port,
        servername: tls.serverName ?? host,
        rejectUnauthorized: tls.verify ?? true,
        ALPNProtocols: [protocol === "native" ? "h2" : "http/1.1"],
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls.key === undefined ? {} : { key: tls.key }),
      });
      socket.setNoDelay().setKeepAlive(true, keepAliveMs);
      return whenConnected(socket, "secureConnect", signal);
    },
  };
}

function whenConnected<Stream extends Duplex>(
  stream: Stream,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      stream.off("error", failed);
      signal.removeEventListener("abort", abort);
      act();
    };
    const failed = (error: Error) => settle(() => reject(error));
    const abort = () =>
      settle(() => {
        stream.on("error", () => undefined);
        stream.destroy();
        reject(abortedError(signal));
      });
    stream.once(event, () => settle(() => resolve(stream)));
    stream.once("error", failed);
    signal.addEventListener("abort", abort, { once: true });
  });
}
