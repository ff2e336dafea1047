import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";
import { readFrames } from "./frame.ts";
import { writeFrames } from "./grpc-call.ts";
import { encodeGrpcMessage, GrpcError, grpcCodes } from "./grpc-error.ts";
import { connectionWindow, http2Options } from "./http2-options.ts";
import type { Codec } from "./messages.ts";
import { type Metadata, metadataOf } from "./metadata.ts";

/** One call as the one who serves it sees it. */
export interface ServedCall {
  readonly metadata: Metadata;
  /** What the caller sends, to be read once. */
  readonly messages: AsyncIterable<Uint8Array>;
  /** Sends messages in order; resolves when the caller has room for more. */
  send(messages: readonly Uint8Array[]): Promise<void>;
}

/** Serves one method. A thrown GrpcError is told to the caller as it is, anything else as UNKNOWN. */
export type GrpcHandler = (call: ServedCall) => Promise<void>;

/** Something that is served, until it is closed. */
export interface GrpcServer {
  /** Resolves when the connection is closed, whoever did it. */
  readonly closed: Promise<void>;
  close(): void;
}

/** Serves gRPC on a byte stream that is connected already; `handlers` by `/service/Method`. */
export function serveGrpc(
  stream: Duplex,
  handlers: ReadonlyMap<string, GrpcHandler>,
  onFailure: (error: unknown) => void,
): GrpcServer {
  const session: ServerHttp2Session = performServerHandshake(stream, http2Options);
  session.setLocalWindowSize(connectionWindow);
  const closed = new Promise<void>((resolve) => {
    session.once("close", resolve);
    stream.once("close", resolve);
  });
  // An end of the connection shows in `closed`.
  session.on("error", () => undefined);
  stream.on("error", () => undefined);
  session.on("stream", (call: ServerHttp2Stream, headers, _flags, rawHeaders?: readonly string[]) => {
    call.on("error", () => undefined);
    const handler = handlers.get(String(headers[":path"]));
    void serveCall(call, metadataOf(rawHeaders ?? []), handler).catch(onFailure);
  });
  return {
    closed,
    close() {
      session.destroy();
      stream.destroy();
    },
  };
}

/** @throws what the handler threw and the caller cannot be told in full */
async function serveCall(
  stream: ServerHttp2Stream,
  metadata: Metadata,
  handler: GrpcHandler | undefined,
): Promise<void> {
  let trailers: Record<string, string> = { "grpc-status": String(grpcCodes.ok) };
  stream.once("wantTrailers", () => stream.sendTrailers(trailers));
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  let failure: { readonly error: unknown } | undefined;
  try {
    if (handler === undefined) throw new GrpcError(grpcCodes.unimplemented, "unimplemented");
    await handler({
      metadata,
      // A handler that has read enough must not thereby reset the call.
      messages: readFrames(stream.iterator({ destroyOnReturn: false })),
      send: (messages) => writeFrames(stream, messages),
    });
  } catch (error) {
    const known = error instanceof GrpcError;
    if (!known) failure = { error };
    const message = error instanceof Error ? error.message : String(error);
    trailers = {
      "grpc-status": String(known ? error.code : grpcCodes.unknown),
      "grpc-message": encodeGrpcMessage(message),
    };
  }
  const brokeOff = stream.destroyed;
  if (!brokeOff) stream.end();
  stream.resume();
  // After a call that the other side broke off, errors of sending are only its echo.
  if (failure !== undefined && !brokeOff) throw failure.error;
}

/** A handler for a method with one message each way. */
export function unaryHandler<Request, Response>(
  request: Codec<Request>,
  response: Codec<Response>,
  answer: (request: Request) => Promise<Partial<Response>>,
): GrpcHandler {
  return async (call) => {
    let last: Uint8Array | undefined;
    for await (const message of call.messages) last = message;
    if (last === undefined) throw new GrpcError(grpcCodes.internal, "no request");
    await call.send([response.encode(await answer(request.decode(last)))]);
  };
}
