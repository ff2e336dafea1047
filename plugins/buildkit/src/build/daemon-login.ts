import type { RegistryClient } from "@imagespec/registry-client";

/** A login as daemons take it. */
export interface DaemonLogin {
  readonly username: string;
  readonly secret: string;
}

/**
 * The login for exactly one host, by the client's configured credentials. A refresh token goes as the secret of a nameless user, as
 * docker's own clients do; a token that registries take as it is has no form that daemons know.
 */
export async function daemonLogin(
  client: RegistryClient,
  host: string,
  signal: AbortSignal,
): Promise<DaemonLogin | undefined> {
  const found = await client.credentials(host, { signal });
  if (found?.kind === "basic") return { username: found.username, secret: found.password };
  if (found?.kind === "identity-token") return { username: "", secret: found.token };
  return undefined;
}
