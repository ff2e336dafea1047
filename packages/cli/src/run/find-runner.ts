import { findContainerEngine } from "./container-engine.ts";
import { findLinuxRunner } from "./linux-runner.ts";
import type { Refusal, Runner } from "./runner.ts";

export interface FoundRunners {
  readonly runner: Runner | undefined;
  /** Of the ways that were tried before it. */
  readonly refusals: readonly Refusal[];
}

/** The best way of running images on this machine, or the one with the given name. */
export async function findRunners(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
  name?: string,
): Promise<FoundRunners> {
  const ways: readonly (readonly [Runner["name"], () => Promise<Runner | Refusal>])[] = [
    ["docker", () => findContainerEngine("docker", env, signal)],
    ["podman", () => findContainerEngine("podman", env, signal)],
    ["linux", () => findLinuxRunner(env, signal)],
  ];
  const refusals: Refusal[] = [];
  for (const [way, find] of ways) {
    if (name !== undefined && name !== way) continue;
    const found = await find();
    if ("run" in found) return { runner: found, refusals };
    refusals.push(found);
  }
  return { runner: undefined, refusals };
}
