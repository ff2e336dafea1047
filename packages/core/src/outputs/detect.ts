import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** How to reach a Docker Engine. */
export interface EngineAddress {
  /** As in `DOCKER_HOST`: `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375`, `npipe:////./pipe/docker_engine`. */
  readonly host: string;
  /** Folder with `ca.pem`, `cert.pem` and `key.pem`, for TCP with TLS. */
  readonly certificates: string | undefined;
}

/**
 * The Docker Engine that the environment names, else the first socket there is, else the usual one.
 *
 * @default the environment, platform, home folder and disk of this process
 */
export function detectEngineAddress(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
  exists: (path: string) => boolean = existsSync,
): EngineAddress {
  const named = env["DOCKER_HOST"];
  const withTls = (env["DOCKER_TLS_VERIFY"] ?? "") !== "";
  const certificates = withTls ? (env["DOCKER_CERT_PATH"] ?? join(home, ".docker")) : undefined;
  if (named !== undefined && named !== "") return { host: named, certificates };
  if (platform === "win32") return { host: "npipe:////./pipe/docker_engine", certificates: undefined };
  const usual = "/var/run/docker.sock";
  const runtime = env["XDG_RUNTIME_DIR"];
  const sockets = [usual, ...(runtime ? [join(runtime, "docker.sock")] : []), join(home, ".docker/run/docker.sock")];
  return { host: `unix://${sockets.find(exists) ?? usual}`, certificates: undefined };
}
