import { askEngine, type EngineAddress, engineDial } from "@imagespec/core";
import { abortedError, ImageSpecError, isImageSpecError, messageOf } from "@imagespec/errors";
import { createGrpcClient, type GrpcClient } from "../protocol/grpc-client.ts";
import { GrpcError, grpcCodes } from "../protocol/grpc-error.ts";
import { loadMessages, type WorkerMessage } from "../protocol/messages.ts";
import type { DaemonFeatures } from "./daemon.ts";
import { createDialer, type Dialer, UpgradeRefused } from "./dial.ts";
import { daemonFeatures, parseRelease } from "./features.ts";

/** A daemon that answered, and how it is spoken to. */
export interface ProbedDaemon {
  readonly kind: "engine" | "buildkitd";
  readonly dialer: Dialer;
  /** `native`: HTTP/2 on the socket as it is. `upgrade`: by `POST /grpc` and `POST /session`, Engines before 29.2. */
  readonly via: "native" | "upgrade";
  readonly version: string;
  readonly platforms: readonly string[];
  readonly features: DaemonFeatures;
}

/** Label of a worker by which buildx, too, tells the containerd image store from a graph driver. */
const snapshotterLabel = "org.mobyproject.buildkit.worker.snapshotter";
const control = "/moby.buildkit.v1.Control/";

/**
 * Asks a daemon what it is and what it can do.
 *
 * @throws ENGINE_DOWN, ENGINE_PERMISSION, ENGINE_UNSUPPORTED (with `details.status` when it refused the upgrade), ENGINE_LOST,
 * CONFIG_INVALID (certificates), ABORTED
 */
export async function probeDaemon(
  kind: "engine" | "buildkitd" | "either",
  address: EngineAddress & { readonly serverName?: string },
  signal: AbortSignal,
): Promise<ProbedDaemon> {
  const dial = await engineDial(address);
  const { serverName } = address;
  const dialer = createDialer(address.host, dial, serverName === undefined ? {} : { serverName });
  if (kind === "buildkitd") return probeBuildkitd(dialer, signal);
  const engine = await askVersion(address, signal).catch((error: unknown) => {
    // A buildkitd answers a request of HTTP/1 by closing the connection, or with bytes of HTTP/2.
    if (kind === "either" && (isImageSpecError(error, "ENGINE_LOST") || !isImageSpecError(error))) return undefined;
    throw error;
  });
  return engine === undefined ? probeBuildkitd(dialer, signal) : probeEngine(dialer, engine, signal);
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

async function probeEngine(dialer: Dialer, engine: EngineVersion, signal: AbortSignal): Promise<ProbedDaemon> {
  // Engines from API 1.53 on take gRPC on the socket as it is; the way that is likely saves one attempt.
  const isNativeLikely = isFrom(engine.apiVersion, [1, 53]);
  const ways = isNativeLikely ? (["native", "upgrade"] as const) : (["upgrade", "native"] as const);
  const failures: unknown[] = [];
  for (const via of ways) {
    try {
      const workers = await listWorkers(dialer, via, signal);
      const hasContainerdStore = workers.some(({ Labels }) => Labels[snapshotterLabel] !== undefined);
      const platforms = platformsOf(workers);
      return {
        kind: "engine",
        dialer,
        via,
        version: engine.version,
        platforms: platforms.length > 0 ? platforms : [engine.platform],
        features: daemonFeatures({ kind: "engine", version: engine.version, hasContainerdStore }),
      };
    } catch (error) {
      if (signal.aborted) throw abortedError(signal);
      failures.push(error);
    }
  }
  const refusal = failures.find((error) => error instanceof UpgradeRefused);
  throw new ImageSpecError(
    "ENGINE_UNSUPPORTED",
    `the engine at "${dialer.address}" does not let clients speak to BuildKit${refusal === undefined ? "" : `: ${refusal.message}`}`,
    {
      hint: 'use a Docker Engine or a buildkitd, or a builder of docker buildx by the option "builder"',
      cause: failures[0],
      details: { host: dialer.address, ...(refusal === undefined ? {} : { status: refusal.status }) },
    },
  );
}

async function probeBuildkitd(dialer: Dialer, signal: AbortSignal): Promise<ProbedDaemon> {
  try {
    const [workers, version] = await ask(dialer, "native", signal, async (client) =>
      Promise.all([readWorkers(client), readVersion(client)]),
    );
    const known = version || workers.map((worker) => worker.BuildkitVersion?.version ?? "").find((text) => text) || "";
    return {
      kind: "buildkitd",
      dialer,
      via: "native",
      version: known,
      platforms: platformsOf(workers),
      features: daemonFeatures({ kind: "buildkitd", version: known, hasContainerdStore: false }),
    };
  } catch (error) {
    if (isImageSpecError(error)) throw error;
    throw new ImageSpecError(
      "ENGINE_UNSUPPORTED",
      `"${dialer.address}" does not speak as a buildkitd does: ${messageOf(error)}`,
      { hint: "check the address, and whether it wants TLS", cause: error, details: { host: dialer.address } },
    );
  }
}

async function listWorkers(
  dialer: Dialer,
  via: "native" | "upgrade",
  signal: AbortSignal,
): Promise<readonly WorkerMessage[]> {
  return ask(dialer, via, signal, readWorkers);
}

async function readWorkers(client: GrpcClient): Promise<readonly WorkerMessage[]> {
  const { ListWorkersResponse } = await loadMessages();
  return ListWorkersResponse.decode(await client.unary(`${control}ListWorkers`, new Uint8Array())).record;
}

/** Empty before BuildKit 0.11, which cannot be asked. */
async function readVersion(client: GrpcClient): Promise<string> {
  const { InfoResponse } = await loadMessages();
  try {
    return InfoResponse.decode(await client.unary(`${control}Info`, new Uint8Array())).buildkitVersion?.version ?? "";
  } catch (error) {
    if (error instanceof GrpcError && error.code === grpcCodes.unimplemented) return "";
    throw error;
  }
}

async function ask<T>(
  dialer: Dialer,
  via: "native" | "upgrade",
  signal: AbortSignal,
  question: (client: GrpcClient) => Promise<T>,
): Promise<T> {
  const stream = via === "native" ? await dialer.connect(signal) : await dialer.upgrade("/grpc", {}, signal);
  const client = createGrpcClient(stream);
  const stop = () => client.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    if (signal.aborted) throw abortedError(signal);
    return await question(client);
  } catch (error) {
    if (signal.aborted) throw abortedError(signal);
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    client.close();
  }
}

/** The native platform of the first worker comes first, as BuildKit lists it. */
function platformsOf(workers: readonly WorkerMessage[]): readonly string[] {
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
