import { type Availability, type EngineAddress, engineConnectionError } from "@imagespec/core";
import { abortedError, ImageSpecError, isImageSpecError, throwIfAborted } from "@imagespec/errors";
import { openBuildx } from "../buildx/open-buildx.ts";
import { createGrpcDaemon } from "../grpc/grpc-daemon.ts";
import { createEngineOperations } from "./create-engine-operations.ts";
import type { BuildkitDaemon } from "./daemon.ts";
import { type DaemonCandidate, type DaemonOptions, detectCandidates, detectEnvironment } from "./detect.ts";
import { forgetProbe, probeOnce } from "./probe-cache.ts";
import { readTlsFiles } from "./tls-files.ts";

/** A question to a daemon that hangs is given up after so long, in milliseconds. */
const availabilityTimeoutMs = 3_000;

/**
 * Opens the daemon that the options and the environment name: the first one that answers.
 *
 * @throws ENGINE_DOWN, ENGINE_PERMISSION, ENGINE_UNSUPPORTED, ENGINE_LOST, CONFIG_INVALID, ABORTED; `details.tried` lists what was
 * tried when there was more than one
 */
export async function openDaemon(options: DaemonOptions, signal: AbortSignal): Promise<BuildkitDaemon> {
  return openFirst(options, { bootstrap: true, signal });
}

interface OpenWishes {
  /** Whether a builder of buildx that does not run is started. */
  readonly bootstrap: boolean;
  readonly signal: AbortSignal;
}

async function openFirst(options: DaemonOptions, wishes: OpenWishes): Promise<BuildkitDaemon> {
  const { signal } = wishes;
  const failures: { readonly candidate: DaemonCandidate; readonly error: ImageSpecError }[] = [];
  for (const candidate of detectCandidates(options)) {
    throwIfAborted(signal);
    try {
      return await openCandidate(candidate, options, wishes);
    } catch (error) {
      if (signal.aborted) throw abortedError(signal);
      if (!isImageSpecError(error) || !fallsBack.has(error.code)) throw error;
      failures.push({ candidate, error });
    }
  }
  const [first, ...others] = failures;
  if (first === undefined) throw new ImageSpecError("INTERNAL", "there is no daemon to be tried");
  const { error } = first;
  const also = others.map((other) => other.error.message);
  throw new ImageSpecError(error.code, [error.message, ...also].join("; "), {
    hint: (first.candidate.transport === "grpc" ? hints[error.code] : undefined) ?? error.hint ?? "check the address",
    cause: error,
    details: {
      ...error.details,
      tried: failures.map((failure) => ({ daemon: nameOf(failure.candidate), code: failure.error.code })),
    },
  });
}

/** Whether a daemon answers, within some seconds at most. */
export async function daemonAvailability(options: DaemonOptions, signal: AbortSignal): Promise<Availability> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(availabilityTimeoutMs)]);
  try {
    await using _daemon = await openFirst(options, { bootstrap: false, signal: limit });
    return { available: true };
  } catch (error) {
    if (signal.aborted) throw abortedError(signal);
    if (limit.aborted) {
      const reason = `no daemon answered within ${availabilityTimeoutMs / 1000} s`;
      return { available: false, reason, hint: "check whether the engine hangs, and its address" };
    }
    if (!isImageSpecError(error)) throw error;
    return { available: false, reason: error.message, hint: error.hint ?? "check the address" };
  }
}

const fallsBack: ReadonlySet<string> = new Set([
  "ENGINE_DOWN",
  "ENGINE_PERMISSION",
  "ENGINE_UNSUPPORTED",
  "ENGINE_LOST",
]);

const hints: Readonly<Record<string, string>> = {
  ENGINE_DOWN: "start the engine, or name another daemon by DOCKER_HOST, BUILDKIT_HOST or the option host",
  ENGINE_PERMISSION:
    "add your user to the group that owns the socket (docker), or use a rootless engine or a buildkitd of your own",
};

async function openCandidate(
  candidate: DaemonCandidate,
  options: DaemonOptions,
  wishes: OpenWishes,
): Promise<BuildkitDaemon> {
  const { signal } = wishes;
  if (candidate.transport === "buildx") {
    return openBuildx(candidate.place, { env: detectEnvironment(options.env), tls: options.tls, ...wishes });
  }
  const address = await withTls(candidate.address, options);
  const { kind, dialer, version, platforms, features } = await probeOnce(candidate.kind, address, signal);
  // What was found out earlier says nothing about now; a connection takes a millisecond.
  const connection = await dialer.connect(dialer.protocols[0], signal).catch((error: unknown) => {
    forgetProbe(candidate.kind, address);
    throw engineConnectionError(address.host, error);
  });
  connection.destroy();
  return createGrpcDaemon({
    kind,
    address: address.host,
    version,
    features,
    platforms,
    dialer,
    engine: kind === "engine" ? createEngineOperations(address) : undefined,
  });
}

async function withTls(address: EngineAddress, { tls }: DaemonOptions): Promise<EngineAddress> {
  if (tls === undefined || !/^(?:tcp|https?):/.test(address.host)) return address;
  const { serverName } = tls;
  const certificates = await readTlsFiles(tls);
  return { ...address, certificates, ...(serverName === undefined ? {} : { serverName }) };
}

function nameOf(candidate: DaemonCandidate): string {
  if (candidate.transport === "grpc") return `${candidate.address.host} (${candidate.address.source})`;
  const { place } = candidate;
  if (place.kind === "builder") return `docker buildx, builder "${place.name}"`;
  return place.kind === "own" ? "docker buildx" : `${place.address.host} by docker buildx (${candidate.source})`;
}
