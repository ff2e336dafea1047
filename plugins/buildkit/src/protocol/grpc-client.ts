import { connect, type OutgoingHttpHeaders } from "node:http2";
import type { Duplex } from "node:stream";
import { createCall, type GrpcCall } from "./grpc-call.ts";
import { connectionWindow, http2Options } from "./http2-options.ts";

/** A connection on which calls are made. */
export interface GrpcClient {
  /** Starts a call of `/service/Method`; `metadata` names are in lower case. */
  call(path: string, metadata?: Readonly<Record<string, string | readonly string[]>>): GrpcCall;
  /** A call with one message each way. @throws what the call ends with */
  unary(path: string, request: Uint8Array): Promise<Uint8Array>;
  /** Ends every call and the connection. */
  close(): void;
}

/** Speaks gRPC over a byte stream that is connected already. */
export function createGrpcClient(stream: Duplex): GrpcClient {
  const session = connect("http://localhost", { ...http2Options, createConnection: () => stream });
  session.once("connect", () => {
    // The event comes a turn later: the connection may have been closed unused by then.
    if (!session.destroyed) session.setLocalWindowSize(connectionWindow);
  });
  let broken: unknown;
  // Each call learns of it by itself; without a listener Node.js would end the process.
  session.on("error", (error) => {
    broken ??= error;
  });
  stream.on("error", (error) => {
    broken ??= error;
  });

  const call: GrpcClient["call"] = (path, metadata = {}) => {
    if (session.destroyed || session.closed) {
      throw new Error("the connection to the daemon is closed", { cause: broken });
    }
    const headers: OutgoingHttpHeaders = {
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    };
    for (const [name, value] of Object.entries(metadata))
      headers[name] = typeof value === "string" ? value : [...value];
    return createCall(session.request(headers));
  };

  return {
    call,
    async unary(path, request) {
      const started = call(path);
      await started.send(request);
      started.end();
      let last: Uint8Array | undefined;
      for await (const message of started.messages) last = message;
      if (last === undefined) throw new Error(`${path} succeeded without an answer`);
      return last;
    },
    close() {
      session.destroy();
      stream.destroy();
    },
  };
}
