import { canonicalRegistry } from "./canonical-registry.ts";
import type { CredentialProvider, Credentials } from "./credentials.ts";

/** Credentials from a table by registry name; Docker Hub is `docker.io` or any of its other names. */
export function staticCredentials(table: Readonly<Record<string, Credentials>>): CredentialProvider {
  const byRegistry = new Map(Object.entries(table).map(([registry, value]) => [canonicalRegistry(registry), value]));
  return async (request) => byRegistry.get(canonicalRegistry(request.registry));
}
