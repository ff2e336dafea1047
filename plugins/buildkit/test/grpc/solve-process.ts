// A process of its own that builds once: to be killed, or to be seen ending by itself. Prints a line per event.

import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { SolveExporter, SolveWork } from "../../src/daemon/daemon.ts";
import { createSocketDialer, type GrpcProtocol } from "../../src/grpc/dialer.ts";
import { createGrpcDaemon } from "../../src/grpc/grpc-daemon.ts";

/** What the process is told, as JSON, by its first argument. */
export interface SolveOrder {
  readonly socket: string;
  readonly protocol: GrpcProtocol;
  readonly text: string;
  /** Bytes of a file "big" in the context that is made up while it is sent. */
  readonly contextBytes?: number;
  /** Milliseconds between its pieces. */
  readonly pieceMs?: number;
  readonly exporter?: SolveExporter;
  /** Aborts when an event line starts with this. */
  readonly abortAt?: string;
}

const [json = "{}"] = process.argv.slice(2);
const order = JSON.parse(json) as SolveOrder;
const say = (line: string) => process.stdout.write(`${line}\n`);
const controller = new AbortController();
let abortedAt = 0;
const report = (line: string) => {
  say(line);
  if (order.abortAt !== undefined && line.startsWith(order.abortAt) && abortedAt === 0) {
    abortedAt = performance.now();
    controller.abort();
  }
};

const piece = Buffer.alloc(2 ** 20, randomBytes(64));
async function* bigContent(size: number): AsyncGenerator<Uint8Array> {
  report("context");
  for (let left = size; left > 0; left -= piece.length) {
    if (order.pieceMs !== undefined) await delay(order.pieceMs);
    yield piece.subarray(0, Math.min(left, piece.length));
  }
}

const size = order.contextBytes ?? 0;
const work: SolveWork = {
  text: order.text,
  context:
    size === 0
      ? []
      : [
          {
            kind: "file",
            path: "big",
            mode: 0o644,
            size,
            digest: `sha256:${randomBytes(32).toString("hex")}`,
            open: () => bigContent(size),
          },
        ],
  sharedKey: randomBytes(8).toString("hex"),
  platform: "linux/amd64",
  exporter: order.exporter ?? { kind: "none" },
  secret: () => Promise.resolve(undefined),
  credentials: () => Promise.resolve(undefined),
  onStatus({ vertexes, statuses, logs }) {
    for (const { name, started, completed } of vertexes) {
      if (started !== undefined && completed === undefined) report(`started ${name}`);
    }
    for (const { id } of statuses) report(`status ${id}`);
    for (const { message } of logs) report(`log ${Buffer.from(message).toString("utf8").trimEnd()}`);
  },
  signal: controller.signal,
};
const daemon = createGrpcDaemon({
  kind: order.protocol === "native" ? "buildkitd" : "engine",
  dialer: createSocketDialer({ path: order.socket }, [order.protocol]),
  address: order.socket,
  version: "",
  features: {
    dialect: "base",
    directPush: false,
    ociExport: false,
    multiPlatform: false,
    registryCache: false,
    rewriteTimestamp: false,
    store: "graphdriver",
  },
  platforms: ["linux/amd64"],
  engine: undefined,
});
report("begin");
try {
  const { contextBytes } = await daemon.solve(work);
  say(`done ${contextBytes}`);
} catch (error) {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  say(`failed ${code} after ${Math.round(performance.now() - abortedAt)} ms: ${String(error)}`);
}
say(`memory ${process.resourceUsage().maxRSS / 1024}`);
