import { once } from "node:events";
import { type ClientHttp2Stream, constants, type Http2Stream, type IncomingHttpHeaders } from "node:http2";
import { frameHeader, readFrames } from "./frame.ts";
import { grpcCodes, statusOfHeaders } from "./grpc-error.ts";

/** A call that runs. */
export interface GrpcCall {
  /** Resolves when the other side has room for more. */
  send(message: Uint8Array): Promise<void>;
  /** Says that no message follows. */
  end(): void;
  /** Ends the call at once; its messages end with an error. */
  cancel(): void;
  /**
   * What the other side sends, to be read once; it ends when the call ends.
   * @throws GrpcError for a status other than OK; Error, with what broke the connection as its cause, when there is no status
   */
  readonly messages: AsyncIterable<Uint8Array>;
}

/** Below this many bytes one copy is cheaper than two writes. */
const joinBelow = 16 * 2 ** 10;

/** Writes messages in frames, waiting while the other side is slower. */
export async function writeFrames(stream: Http2Stream, messages: readonly Uint8Array[]): Promise<void> {
  const parts: Uint8Array[] = messages.flatMap((message) => [frameHeader(message.length), message]);
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  if (stream.destroyed || stream.writableEnded) throw new Error("the stream is closed");
  if (total < joinBelow) {
    if (stream.write(Buffer.concat(parts, total))) return;
  } else {
    stream.cork();
    for (const part of parts) stream.write(part);
    stream.uncork();
    if (!stream.writableNeedDrain) return;
  }
  const closed = new AbortController();
  const close = () => closed.abort();
  stream.once("close", close);
  try {
    await once(stream, "drain", { signal: closed.signal });
  } catch (error) {
    throw new Error("the stream closed while something was sent", { cause: error });
  } finally {
    stream.off("close", close);
  }
}

/** The client's end of a call. */
export function createCall(stream: ClientHttp2Stream): GrpcCall {
  let status: ReturnType<typeof statusOfHeaders>;
  let httpStatus = 200;
  let broken: unknown;
  const see = (headers: IncomingHttpHeaders) => {
    status ??= statusOfHeaders(headers);
  };
  stream.on("response", (headers) => {
    httpStatus = headers[":status"] ?? 200;
    see(headers);
  });
  stream.on("trailers", see);
  stream.on("error", (error) => {
    broken ??= error;
  });
  const closed = new Promise<void>((resolve) => stream.once("close", resolve));

  async function* messages(): AsyncGenerator<Uint8Array> {
    try {
      yield* readFrames(stream);
    } catch (error) {
      broken ??= error;
    }
    // The status may stand in trailers that come after the last byte.
    if (!stream.writableEnded) stream.end();
    await closed;
    if (status?.code === grpcCodes.ok && broken === undefined) return;
    if (status?.error !== undefined) throw status.error;
    if (httpStatus !== 200) throw new Error(`the daemon answered with HTTP ${httpStatus}`);
    throw new Error("the connection to the daemon ended in the middle of a call", { cause: broken });
  }

  return {
    send: (message) => writeFrames(stream, [message]),
    end: () => stream.end(),
    cancel: () => stream.close(constants.NGHTTP2_CANCEL),
    messages: messages(),
  };
}
