import type { EngineAddress } from "@imagespec/core";
import { abortedError, ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { type ProbedDaemon, probeDaemon } from "./probe.ts";

type Kind = Parameters<typeof probeDaemon>[0];

/** A daemon that takes the connection and says nothing is given up after so long, in milliseconds. */
const probeTimeoutMs = 10_000;

const probes = new Map<string, Promise<ProbedDaemon>>();

/**
 * As {@link probeDaemon}, once per address and process. A failure is not kept. Whoever waits may stop doing so without taking the
 * answer from the others.
 *
 * @throws as {@link probeDaemon}; ENGINE_DOWN after 10 seconds without an answer
 */
export async function probeOnce(kind: Kind, address: EngineAddress, signal: AbortSignal): Promise<ProbedDaemon> {
  throwIfAborted(signal);
  const key = keyOf(kind, address);
  let probe = probes.get(key);
  if (probe === undefined) {
    probe = probeInTime(kind, address);
    probes.set(key, probe);
    probe.catch(() => probes.delete(key));
  }
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(abortedError(signal));
  });
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([probe, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Asks again the next time. */
export function forgetProbe(kind: Kind, address: EngineAddress): void {
  probes.delete(keyOf(kind, address));
}

async function probeInTime(kind: Kind, address: EngineAddress): Promise<ProbedDaemon> {
  const limit = AbortSignal.timeout(probeTimeoutMs);
  try {
    return await probeDaemon(kind, address, limit);
  } catch (error) {
    if (!limit.aborted) throw error;
    throw new ImageSpecError("ENGINE_DOWN", `"${address.host}" did not answer within ${probeTimeoutMs / 1000} s`, {
      hint: "check whether the daemon hangs, and its address",
      cause: error,
      details: { host: address.host },
    });
  }
}

function keyOf(kind: Kind, { host, certificates, insecure, serverName }: EngineAddress): string {
  return JSON.stringify([kind, host, certificates, insecure, serverName]);
}
