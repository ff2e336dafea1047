import { isImageSpecError } from "@imagespec/errors";
import type { Endpoint } from "./endpoint.ts";

/**
 * The result of the first endpoint that has one: what a mirror lacks (`undefined`) or cannot deliver comes from the next,
 * and only what the last endpoint says counts.
 */
export async function fromEndpoints<T>(
  endpoints: readonly Endpoint[],
  ask: (endpoint: Endpoint) => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const endpoint of endpoints) {
    try {
      const found = await ask(endpoint);
      if (found !== undefined) return found;
    } catch (error) {
      if (!endpoint.isMirror || !isImageSpecError(error) || error.code === "ABORTED") throw error;
      if (error.code === "REGISTRY_DOWN") endpoint.bench();
    }
  }
  return undefined;
}

/** A mirror gets one attempt: the registry behind it is the better second one. */
export function attemptsAt(endpoint: Endpoint): number | undefined {
  return endpoint.isMirror ? 1 : undefined;
}
