import { randomBytes } from "node:crypto";
import type { ContextFile } from "@imagespec/dockerfile";
import { digestOf } from "@imagespec/oci";
import {
  enginesUnderTest,
  requireStack,
  type SkippableTest,
  type Stack,
  type StackDaemonName,
} from "@imagespec/test-support";
import type { BuildkitDaemon, BuildStatus, DaemonFeatures, SolveWork } from "../../src/daemon/daemon.ts";
import { createSocketDialer, type Dialer } from "../../src/grpc/dialer.ts";
import { createGrpcDaemon } from "../../src/grpc/grpc-daemon.ts";

export type DaemonName = StackDaemonName;

export const daemonNames: readonly DaemonName[] = enginesUnderTest().daemons;

export interface TestDaemon {
  readonly name: DaemonName;
  readonly daemon: BuildkitDaemon;
  readonly dialer: Dialer;
  readonly socket: string;
  /** A base with a shell, as this daemon reaches it. */
  readonly base: string;
  readonly stack: Stack;
}

export const features: DaemonFeatures = {
  dialect: "base",
  directPush: true,
  ociExport: true,
  multiPlatform: false,
  registryCache: false,
  rewriteTimestamp: false,
  store: "buildkit",
};

/** A daemon of the test stack, spoken to by gRPC. */
export async function testDaemon(
  context: SkippableTest,
  name: DaemonName,
  wrap?: (dialer: Dialer) => Dialer,
): Promise<TestDaemon> {
  const stack = await requireStack(context, {
    engines: ["20.10", ...(name === "20.10" || name === "buildkitd" ? [] : [name])],
    buildkitd: name === "buildkitd",
  });
  const address = name === "buildkitd" ? stack.buildkit!.address : stack.engines[name]!.dockerHost;
  const socket = address.replace("unix://", "");
  const plain = createSocketDialer({ path: socket }, [name === "buildkitd" ? "native" : "upgrade"]);
  const dialer = wrap?.(plain) ?? plain;
  const kind = name === "buildkitd" ? "buildkitd" : "engine";
  const daemon = createGrpcDaemon({
    kind,
    dialer,
    address,
    version: "",
    features,
    platforms: ["linux/amd64"],
    engine: undefined,
  });
  return { name, daemon, dialer, socket, base: `${stack.registry}/library/debian:bookworm-slim`, stack };
}

/** Work with nothing in it but a Dockerfile. */
export function workOf(text: string, more: Partial<SolveWork> = {}): SolveWork {
  return {
    text,
    context: [],
    sharedKey: `test-${randomBytes(8).toString("hex")}`,
    platform: "linux/amd64",
    exporter: { kind: "none" },
    secret: () => Promise.resolve(undefined),
    credentials: () => Promise.resolve(undefined),
    onStatus: () => undefined,
    signal: new AbortController().signal,
    ...more,
  };
}

export function fileOf(path: string, content: string | Buffer, mode: 0o644 | 0o755 = 0o644): ContextFile {
  const bytes = Buffer.from(content);
  return {
    kind: "file",
    path,
    mode,
    size: bytes.length,
    digest: digestOf(bytes),
    async *open() {
      yield bytes;
    },
  };
}

/** Gathers what steps print. */
export function logOf(): { readonly onStatus: (status: BuildStatus) => void; text(): string } {
  const chunks: Uint8Array[] = [];
  return {
    onStatus: ({ logs }) => void chunks.push(...logs.map(({ message }) => message)),
    text: () => Buffer.concat(chunks).toString("utf8"),
  };
}

/** Makes a step one that no cache has. */
export function uniqueText(): string {
  return randomBytes(8).toString("hex");
}
