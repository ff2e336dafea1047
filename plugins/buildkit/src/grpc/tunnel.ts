import { Duplex } from "node:stream";
import type { GrpcCall } from "../protocol/grpc-call.ts";
import type { Codec, MessageTypes } from "../protocol/messages.ts";

/** Daemons refuse messages of 4 MiB. */
const chunkBytes = 2 ** 20;

/** A byte stream inside of a call whose messages each carry a piece of it: how sessions reach a daemon without an HTTP upgrade. */
export function createTunnel(call: GrpcCall, codec: Codec<MessageTypes["BytesMessage"]>): Duplex {
  let wake: (() => void) | undefined;
  const send = async (data: Uint8Array) => {
    for (let start = 0; start < data.length; start += chunkBytes) {
      await call.send(codec.encode({ data: data.subarray(start, start + chunkBytes) }));
    }
  };
  const tunnel = new Duplex({
    read() {
      wake?.();
    },
    write(chunk: Uint8Array, _encoding, done) {
      send(chunk).then(() => done(), done);
    },
    writev(chunks, done) {
      // Only buffers are written here: strings are decoded before.
      send(Buffer.concat(chunks.map(({ chunk }) => chunk as Uint8Array))).then(() => done(), done);
    },
    final(done) {
      call.end();
      done();
    },
    destroy(error, done) {
      wake?.();
      call.cancel();
      done(error);
    },
  });
  const receive = async () => {
    for await (const message of call.messages) {
      if (tunnel.destroyed) return;
      if (tunnel.push(codec.decode(message).data)) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    tunnel.push(null);
  };
  // Later: what is there when an HTTP/2 session starts on a stream, Node.js gives to it without a look at whether it still lives.
  setImmediate(() => {
    receive().catch((error: unknown) => tunnel.destroy(error instanceof Error ? error : new Error(String(error))));
  });
  return tunnel;
}
