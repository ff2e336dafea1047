import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { systemCodeOf } from "@imagespec/errors";
import { chosenDockerContext, dockerContextEndpoint } from "./docker-context.ts";
import type { EngineCertificates } from "./engine-certificates.ts";

/** How to reach a Docker Engine. */
export interface EngineAddress {
  /** As in `DOCKER_HOST`: `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375`, `npipe:////./pipe/docker_engine`. */
  readonly host: string;
  /**
   * For TCP with TLS: a folder with `ca.pem`, `cert.pem` and `key.pem`, of which those that are there are used; or what stands in
   * such files.
   */
  readonly certificates: string | EngineCertificates | undefined;
  /** The certificate of the server is not checked, as a docker context may ask for. */
  readonly insecure: boolean;
  /** Name in the server's certificate. @default the host of the address */
  readonly serverName?: string;
  /** What named it, for people: `DOCKER_HOST`, `docker context "colima"`, `default socket`. */
  readonly source: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The parts of this machine that a detection looks at; tests give others. */
export interface EngineDetection {
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly exists: (path: string) => boolean;
  /** Nothing for a file that does not exist. */
  readonly read: (path: string) => string | undefined;
}

const thisMachine: EngineDetection = {
  platform: process.platform,
  home: homedir(),
  exists: existsSync,
  read: readIfThere,
};

/**
 * The Docker Engine that the environment or docker's own configuration names, else the first socket there is, else the usual one.
 *
 * In docker's own order: `DOCKER_HOST`, `DOCKER_CONTEXT`, `currentContext` of docker's config.json (which is how Docker Desktop,
 * Colima, OrbStack, Rancher Desktop and rootless engines are found), the usual sockets.
 *
 * @default the environment, platform, home folder and disk of this process
 * @throws ENGINE_DOWN for a context that does not exist, CONFIG_INVALID for a file of docker's that is no JSON
 */
export function detectEngineAddress(env: Environment = process.env, on: EngineDetection = thisMachine): EngineAddress {
  const named = env["DOCKER_HOST"];
  if (named !== undefined && named !== "") return { ...engineAddress(named, env, on), source: "DOCKER_HOST" };
  const context = chosenDockerContext(env, on);
  if (context !== undefined) return dockerContextEndpoint(context, env, on);
  const source = "default socket";
  if (on.platform === "win32")
    return { host: "npipe:////./pipe/docker_engine", certificates: undefined, insecure: false, source };
  const usual = "/var/run/docker.sock";
  const found = usualSockets(usual, env["XDG_RUNTIME_DIR"], on.home).find(on.exists);
  return { host: `unix://${found ?? usual}`, certificates: undefined, insecure: false, source };
}

/**
 * The engine at an address as in `DOCKER_HOST`, with the TLS material that the environment names.
 *
 * @default the environment and home folder of this process
 */
export function engineAddress(
  host: string,
  env: Environment = process.env,
  on: EngineDetection = thisMachine,
): EngineAddress {
  const withTls = (env["DOCKER_TLS_VERIFY"] ?? "") !== "";
  const certificates = withTls ? env["DOCKER_CERT_PATH"] || join(on.home, ".docker") : undefined;
  return { host, certificates, insecure: false, source: "given address" };
}

/** Rootless, Docker Desktop, Colima, OrbStack, Rancher Desktop: for users whose current docker context does not say it. */
function usualSockets(usual: string, runtime: string | undefined, home: string): readonly string[] {
  return [
    usual,
    ...(runtime ? [join(runtime, "docker.sock")] : []),
    join(home, ".docker/run/docker.sock"),
    join(home, ".colima/default/docker.sock"),
    join(home, ".orbstack/run/docker.sock"),
    join(home, ".rd/docker.sock"),
  ];
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = systemCodeOf(error);
    // Not readable for this user is like not there: docker's configuration is optional.
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES" || code === "EISDIR") return undefined;
    throw error;
  }
}
