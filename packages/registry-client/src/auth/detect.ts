import { homedir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process, which credential helpers run in. */
export function detectEnvironment(env: Environment = process.env): Environment {
  return env;
}

/** The credential files of docker and podman, in the order they are asked. */
export function defaultCredentialFiles(
  env: Environment = process.env,
  home: string = env["HOME"] || homedir(),
): readonly string[] {
  const docker = env["DOCKER_CONFIG"] || join(home, ".docker");
  const runtime = env["XDG_RUNTIME_DIR"];
  const files = [
    join(docker, "config.json"),
    env["REGISTRY_AUTH_FILE"],
    runtime ? join(runtime, "containers", "auth.json") : undefined,
    join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "containers", "auth.json"),
  ];
  return files.flatMap((file) => file || []);
}
