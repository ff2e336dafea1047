import { type ContextEntry, type ContextFile, contextTime } from "@imagespec/dockerfile";
import { ImageSpecError } from "@imagespec/errors";
import { GrpcError, grpcCodes } from "../protocol/grpc-error.ts";
import type { ServedCall } from "../protocol/grpc-server.ts";
import type { Codec, Int64, PacketMessage } from "../protocol/messages.ts";
import { createQueue } from "./queue.ts";
import { goMode, type Tree } from "./tree.ts";

/** What was sent of files' contents. */
export interface SentContent {
  readonly files: number;
  readonly bytes: number;
}

const packetTypes = { stat: 0, request: 1, data: 2, finish: 3, error: 4 } as const;
/** Daemons refuse messages of 4 MiB. */
const chunkBytes = 2 ** 20;
/** Small files take turns: one is opened while another is on its way. */
const parallelFiles = 4;
const statsPerWrite = 64;

/**
 * The sending half of fsutil's protocol: says what there is, entry by entry, then sends the contents that the receiver asks for,
 * by the index of the entry. Files are opened when they are asked for.
 *
 * @throws what the opening and reading of a file throws, after the receiver was told; SOURCE_CHANGED for another size than stated;
 * GrpcError when the receiver gave up
 */
export async function sendTree(call: ServedCall, packet: Codec<PacketMessage>, tree: Tree): Promise<SentContent> {
  const requests = createQueue<ContextFile>();
  let files = 0;
  let bytes = 0;

  const announce = async () => {
    for (let start = 0; start < tree.length; start += statsPerWrite) {
      const entries = tree.slice(start, start + statsPerWrite);
      await call.send(entries.map((entry) => packet.encode({ type: packetTypes.stat, stat: statOf(entry) })));
    }
    await call.send([packet.encode({ type: packetTypes.stat })]);
  };

  const listen = async () => {
    try {
      for await (const message of call.messages) {
        const { type, ID: id, data } = packet.decode(message);
        if (type === packetTypes.finish) return await call.send([packet.encode({ type: packetTypes.finish })]);
        if (type === packetTypes.error) throw new GrpcError(grpcCodes.unknown, Buffer.from(data).toString("utf8"));
        const entry = tree[id];
        if (type !== packetTypes.request || entry?.kind !== "file") {
          throw new GrpcError(grpcCodes.internal, `packet ${type} for entry ${id} was not expected`);
        }
        requests.add(entry, id);
      }
      throw new GrpcError(grpcCodes.cancelled, "the receiver left before the end");
    } finally {
      requests.end();
    }
  };

  const serve = async () => {
    for await (const [entry, id] of requests) {
      let sent = 0;
      for await (const content of entry.open()) {
        for (let start = 0; start < content.length; start += chunkBytes) {
          const data = content.subarray(start, start + chunkBytes);
          await call.send([packet.encode({ type: packetTypes.data, ID: id, data })]);
          sent += data.length;
        }
      }
      if (sent !== entry.size) throw changed(entry, sent);
      files++;
      bytes += sent;
      // No data: the end of this file.
      await call.send([packet.encode({ type: packetTypes.data, ID: id })]);
    }
  };

  try {
    await Promise.all([announce(), listen(), ...Array.from({ length: parallelFiles }, serve)]);
  } catch (error) {
    requests.end();
    if (!(error instanceof GrpcError)) {
      const text = error instanceof Error ? error.message : String(error);
      // Not waited for: what failed must be known here before the daemon fails the build for it.
      call.send([packet.encode({ type: packetTypes.error, data: Buffer.from(text) })]).catch(() => undefined);
    }
    throw error;
  }
  return { files, bytes };
}

function statOf(entry: ContextEntry): NonNullable<PacketMessage["stat"]> {
  return {
    path: entry.path,
    mode: goMode(entry),
    size: entry.kind === "file" ? toInt64(BigInt(entry.size)) : 0,
    // Derived from the content: a receiver that sees the same size and time keeps what it has, whatever the content.
    modTime: toInt64(contextTime(entry)),
    linkname: entry.kind === "symlink" ? entry.linkTarget : "",
  };
}

/** Nanoseconds of today do not fit a number. */
function toInt64(value: bigint): Int64 {
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) };
}

function changed(entry: ContextFile, sent: number): ImageSpecError {
  return new ImageSpecError("SOURCE_CHANGED", `file "${entry.path}" has ${sent} bytes and had ${entry.size}`, {
    hint: "build again when nothing writes to the source any more",
    details: { file: entry.path },
  });
}
