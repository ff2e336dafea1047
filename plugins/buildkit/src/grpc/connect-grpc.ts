import { throwIfAborted } from "@imagespec/errors";
import { createGrpcClient, type GrpcClient } from "../protocol/grpc-client.ts";
import { GrpcError } from "../protocol/grpc-error.ts";
import type { GrpcServer } from "../protocol/grpc-server.ts";
import { loadMessages, type Messages, type MessageTypes } from "../protocol/messages.ts";
import type { Session } from "../session/session.ts";
import { control } from "./control.ts";
import type { Dialer, GrpcProtocol } from "./dialer.ts";
import { createTunnel } from "./tunnel.ts";
import { upgrade } from "./upgrade.ts";

/** A connection to BuildKit's API. */
export interface GrpcConnection extends Disposable {
  readonly protocol: GrpcProtocol;
  readonly client: GrpcClient;
  readonly messages: Messages;
  /** What runs builds there; asked once. @throws GrpcError */
  listWorkers(): Promise<MessageTypes["ListWorkersResponse"]["record"]>;
  /** The version of BuildKit; `undefined` where it is too old to say (before 0.11). */
  version(): Promise<string | undefined>;
  /** Serves a session to the daemon. */
  openSession(session: Session, signal: AbortSignal): Promise<GrpcServer>;
}

/**
 * Connects to BuildKit's API. With more than one protocol, each but the last is tried with a question first.
 *
 * @throws the system error of the connection, UpgradeRefusedError, ABORTED; the last one's when several were tried
 */
export async function connectGrpc(dialer: Dialer, signal: AbortSignal): Promise<GrpcConnection> {
  const loading = loadMessages();
  const [first, ...others] = dialer.protocols;
  let connection = await connectBy(first, dialer, loading, signal);
  for (const protocol of others) {
    if (await understands(connection, signal)) return connection;
    connection[Symbol.dispose]();
    throwIfAborted(signal);
    connection = await connectBy(protocol, dialer, loading, signal);
  }
  return connection;
}

/** An Engine that does not speak HTTP/2 breaks the connection off; an answer of any kind is a yes. */
async function understands(connection: GrpcConnection, signal: AbortSignal): Promise<boolean> {
  const close = () => connection[Symbol.dispose]();
  signal.addEventListener("abort", close, { once: true });
  try {
    await connection.listWorkers();
    return true;
  } catch (error) {
    return error instanceof GrpcError;
  } finally {
    signal.removeEventListener("abort", close);
  }
}

async function connectBy(
  protocol: GrpcProtocol,
  dialer: Dialer,
  loading: Promise<Messages>,
  signal: AbortSignal,
): Promise<GrpcConnection> {
  const raw = await dialer.connect(protocol, signal);
  const stream = protocol === "native" ? raw : await upgrade(raw, "/grpc", {}, signal);
  const client = createGrpcClient(stream);
  const messages = await loading;
  return {
    protocol,
    client,
    messages,
    async listWorkers() {
      const answer = await client.unary(control.listWorkers, messages.Empty.encode({}));
      return messages.ListWorkersResponse.decode(answer).record;
    },
    async version() {
      try {
        const answer = await client.unary(control.info, messages.Empty.encode({}));
        return messages.InfoResponse.decode(answer).buildkitVersion?.version;
      } catch (error) {
        if (error instanceof GrpcError) return undefined;
        throw error;
      }
    },
    async openSession(session, sessionSignal) {
      if (protocol === "native") {
        const call = client.call(control.session, session.headers);
        return session.serve(createTunnel(call, messages.BytesMessage));
      }
      const connected = await dialer.connect("upgrade", sessionSignal);
      return session.serve(await upgrade(connected, "/session", session.headers, sessionSignal));
    },
    [Symbol.dispose]: () => client.close(),
  };
}
