import { askEngine, type EngineAddress, engineConnectionError, engineDial } from "@imagespec/core";
import { abortedError, ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import { connectGrpc, type GrpcConnection } from "../grpc/connect-grpc.ts";
import { createSocketDialer, type Dialer, type SocketTarget } from "../grpc/dialer.ts";
import { UpgradeRefusedError } from "../grpc/upgrade.ts";
import type { DaemonFeatures } from "./daemon.ts";
import { daemonFeatures, parseRelease } from "./features.ts";

/** A daemon that answered, and how it is spoken to. */
export interface ProbedDaemon {
  readonly kind: "engine" | "buildkitd";
  /** With the one protocol that it was found to understand. */
  readonly dialer: Dialer;
  readonly version: string;
  readonly platforms: readonly string[];
  readonly features: DaemonFeatures;
}

type Workers = Awaited<ReturnType<GrpcConnection["listWorkers"]>>;

/** Label of a worker by which buildx, too, tells the containerd image store from a graph driver. */
const snapshotterLabel = "org.mobyproject.buildkit.worker.snapshotter";

/**
 * Asks a daemon what it is and what it can do.
 *
 * @throws ENGINE_DOWN, ENGINE_PERMISSION, ENGINE_UNSUPPORTED (with `details.status` when it refused the upgrade), ENGINE_LOST,
 * CONFIG_INVALID (certificates), ABORTED
 */
export async function probeDaemon(
  kind: "engine" | "buildkitd" | "either",
  address: EngineAddress,
  signal: AbortSignal,
): Promise<ProbedDaemon> {
  const target = await socketTarget(address);
  if (kind === "buildkitd") return probeBuildkitd(address.host, target, signal);
  const engine = await askVersion(address, signal).catch((error: unknown) => {
    // A buildkitd answers a request of HTTP/1 by closing the connection, or with bytes of HTTP/2.
    if (kind === "either" && (isImageSpecError(error, "ENGINE_LOST") || !isImageSpecError(error))) return undefined;
    throw error;
  });
  return engine === undefined
    ? probeBuildkitd(address.host, target, signal)
    : probeEngine(address.host, target, engine, signal);
}

async function socketTarget(address: EngineAddress): Promise<SocketTarget> {
  const dial = await engineDial(address);
  if (dial.kind === "socket") return { path: dial.path };
  const { host, port } = dial;
  if (dial.kind === "tcp") return { host, port };
  const { rejectUnauthorized = true, servername: serverName, ...material } = dial.tls;
  const tls = { ...material, verify: rejectUnauthorized, ...(serverName === undefined ? {} : { serverName }) };
  return { host, port, tls };
}

interface EngineVersion {
  readonly version: string;
  readonly apiVersion: string;
  readonly platform: string;
}

async function askVersion(address: EngineAddress, signal: AbortSignal): Promise<EngineVersion> {
  const { status, body } = await askEngine(address, { method: "GET", path: "/version", signal });
  const answer = status === 200 ? parseObject(body) : undefined;
  if (answer === undefined) {
    throw new ImageSpecError("ENGINE_UNSUPPORTED", `"${address.host}" is no container engine: it answered ${status}`, {
      hint: "check the address",
      details: { host: address.host, status },
    });
  }
  const text = (name: string) => (typeof answer[name] === "string" ? answer[name] : "");
  return { version: text("Version"), apiVersion: text("ApiVersion"), platform: `${text("Os")}/${text("Arch")}` };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // An object's fields can be looked at by name, whatever they hold.
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function probeEngine(
  host: string,
  target: SocketTarget,
  { version, apiVersion, platform }: EngineVersion,
  signal: AbortSignal,
): Promise<ProbedDaemon> {
  // Engine 29.2, with API 1.53, was the first to take gRPC on its socket as it is; it still takes the upgrade.
  const isNative = isFrom(apiVersion, [1, 53]);
  const dialer = createSocketDialer(target, isNative ? ["native", "upgrade"] : ["upgrade"]);
  try {
    const { workers, protocol } = await ask(dialer, signal, async (connection) => ({
      workers: await connection.listWorkers(),
      protocol: connection.protocol,
    }));
    const hasContainerdStore = workers.some(({ Labels }) => Labels[snapshotterLabel] !== undefined);
    const platforms = platformsOf(workers);
    return {
      kind: "engine",
      dialer: createSocketDialer(target, [protocol]),
      version,
      platforms: platforms.length > 0 ? platforms : [platform],
      features: daemonFeatures({ kind: "engine", version, hasContainerdStore }),
    };
  } catch (error) {
    const explained = connectionFailure(host, error);
    if (isImageSpecError(explained)) throw explained;
    const status = error instanceof UpgradeRefusedError ? { status: error.status } : {};
    throw new ImageSpecError(
      "ENGINE_UNSUPPORTED",
      `the engine at "${host}" does not let its clients speak to BuildKit: ${messageOf(error)}`,
      {
        hint: 'use a Docker Engine or a buildkitd, or name a builder of docker buildx by the option "builder"',
        cause: error,
        details: { host, ...status },
      },
    );
  }
}

async function probeBuildkitd(host: string, target: SocketTarget, signal: AbortSignal): Promise<ProbedDaemon> {
  const dialer = createSocketDialer(target, ["native"]);
  try {
    const [workers, stated = ""] = await ask(dialer, signal, (connection) =>
      Promise.all([connection.listWorkers(), connection.version()]),
    );
    const version = stated || workers.map((worker) => worker.BuildkitVersion?.version ?? "").find(Boolean) || "";
    return {
      kind: "buildkitd",
      dialer,
      version,
      platforms: platformsOf(workers),
      features: daemonFeatures({ kind: "buildkitd", version, hasContainerdStore: false }),
    };
  } catch (error) {
    const explained = connectionFailure(host, error);
    if (isImageSpecError(explained)) throw explained;
    throw new ImageSpecError(
      "ENGINE_UNSUPPORTED",
      `"${host}" does not speak as a buildkitd does: ${messageOf(error)}`,
      {
        hint: "check the address, and whether it wants TLS",
        cause: error,
        details: { host },
      },
    );
  }
}

async function ask<T>(
  dialer: Dialer,
  signal: AbortSignal,
  question: (connection: GrpcConnection) => Promise<T>,
): Promise<T> {
  const connection = await connectGrpc(dialer, signal);
  const stop = () => connection[Symbol.dispose]();
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) throw abortedError(signal);
    return await question(connection);
  } catch (error) {
    if (signal.aborted) throw abortedError(signal);
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    connection[Symbol.dispose]();
  }
}

/** The end of a connection in the middle of a question is about the protocol, not about a daemon that went away. */
function connectionFailure(host: string, error: unknown): unknown {
  const explained = engineConnectionError(host, error);
  return isImageSpecError(explained, "ENGINE_LOST") ? error : explained;
}

/** The native platform of the first worker comes first, as BuildKit lists it. */
function platformsOf(workers: Workers): readonly string[] {
  const names = workers.flatMap(({ platforms }) =>
    platforms.map(({ OS, Architecture, Variant }) =>
      [OS, Architecture, Variant].filter((part) => part !== "").join("/"),
    ),
  );
  return [...new Set(names)];
}

function isFrom(apiVersion: string, [major, minor]: readonly [number, number]): boolean {
  const release = parseRelease(apiVersion);
  return release !== undefined && (release[0] > major || (release[0] === major && release[1] >= minor));
}
