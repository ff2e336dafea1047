import type { EngineAddress } from "@imagespec/core";
import { abortedError, ImageSpecError, throwIfAborted } from "@imagespec/errors";
import { type ProbedDaemon, probeDaemon } from "./probe.ts";

type Kind = Parameters<typeof probeDaemon>[0];

/** A daemon that takes the connection and says nothing is given up after so long, in milliseconds. */
const probeTimeoutMs = 10_000;

interface Probe {
  readonly answer: Promise<ProbedDaemon>;
  /** Nobody waits any more: no connection is left open for nothing. */
  readonly stop: AbortController;
  waiting: number;
  isOver: boolean;
}

const probes = new Map<string, Probe>();

/**
 * As {@link probeDaemon}, once per address and process. A failure is not kept. Whoever waits may stop doing so without taking the
 * answer from the others.
 *
 * @throws as {@link probeDaemon}; ENGINE_DOWN after 10 seconds without an answer
 */
export async function probeOnce(kind: Kind, address: EngineAddress, signal: AbortSignal): Promise<ProbedDaemon> {
  throwIfAborted(signal);
  const key = keyOf(kind, address);
  const probe = probes.get(key) ?? startProbe(key, kind, address);
  let leave = (): void => undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(abortedError(signal));
  });
  signal.addEventListener("abort", leave, { once: true });
  probe.waiting++;
  try {
    return await Promise.race([probe.answer, left]);
  } finally {
    signal.removeEventListener("abort", leave);
    probe.waiting--;
    if (probe.waiting === 0 && !probe.isOver) {
      probes.delete(key);
      probe.stop.abort();
    }
  }
}

function startProbe(key: string, kind: Kind, address: EngineAddress): Probe {
  const stop = new AbortController();
  const answer = probeInTime(kind, address, stop.signal);
  const probe: Probe = { answer, stop, waiting: 0, isOver: false };
  probes.set(key, probe);
  const forget = (): void => {
    probe.isOver = true;
    if (probes.get(key) === probe) probes.delete(key);
  };
  answer.then(() => {
    probe.isOver = true;
  }, forget);
  return probe;
}

/** Asks again the next time. */
export function forgetProbe(kind: Kind, address: EngineAddress): void {
  probes.delete(keyOf(kind, address));
}

async function probeInTime(kind: Kind, address: EngineAddress, stop: AbortSignal): Promise<ProbedDaemon> {
  const limit = AbortSignal.timeout(probeTimeoutMs);
  try {
    return await probeDaemon(kind, address, AbortSignal.any([limit, stop]));
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
