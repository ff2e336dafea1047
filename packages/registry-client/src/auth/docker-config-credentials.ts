import { readFile } from "node:fs/promises";
import { ImageSpecError, systemCodeOf } from "@imagespec/errors";
import { canonicalRegistry } from "./canonical-registry.ts";
import { askCredentialHelper } from "./credential-helper.ts";
import type { CredentialProvider, CredentialRequest, Credentials } from "./credentials.ts";
import { defaultCredentialFiles, detectEnvironment } from "./detect.ts";
import { type DockerConfigFile, findAuth, findHelper, parseDockerConfigFile } from "./docker-config-file.ts";

export interface DockerConfigOptions {
  /** The only file to read; it must exist. @default the files of docker and podman, see below */
  readonly configFile?: string | undefined;
  /** Where the default files are looked for, and what helpers run in. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/**
 * Credentials as `docker login` and `podman login` leave them: helpers (`credHelpers`, `credsStore`) before entries (`auths`).
 *
 * Files, in order, the first with credentials for the registry counts: `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`,
 * `$REGISTRY_AUTH_FILE`, `$XDG_RUNTIME_DIR/containers/auth.json`, `~/.config/containers/auth.json`.
 * The provider throws CREDENTIALS for a file or helper that cannot be used.
 */
export function dockerConfigCredentials(options: DockerConfigOptions = {}): CredentialProvider {
  const env = detectEnvironment(options.env);
  const { configFile } = options;
  const answers = new Map<string, Promise<Credentials | undefined>>();

  /** A helper is a process; one answer serves every repository of its registry until it is refused. */
  const askHelper = (name: string, file: string, request: CredentialRequest): Promise<Credentials | undefined> => {
    const server = serverOf(request.registry);
    const key = `${name} ${server}`;
    const cached = request.refresh === true ? undefined : answers.get(key);
    if (cached !== undefined) return cached;
    const answer = askCredentialHelper({ name, server, file, env, signal: request.signal });
    answers.set(key, answer);
    answer.catch(() => answers.delete(key));
    return answer;
  };

  const askFile = async (file: string, request: CredentialRequest): Promise<Credentials | undefined> => {
    const config = await readConfig(file, configFile !== undefined);
    if (config === undefined) return undefined;
    const helper = findHelper(config, request.registry);
    const fromHelper = helper === undefined ? undefined : await askHelper(helper, file, request);
    return fromHelper ?? findAuth(config, request.registry, request.repository);
  };

  return async (request) => {
    for (const file of configFile === undefined ? defaultCredentialFiles(env) : [configFile]) {
      const found = await askFile(file, request);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/** The name that `docker login` gives to helpers. */
function serverOf(registry: string): string {
  const name = canonicalRegistry(registry);
  return name === "docker.io" ? "https://index.docker.io/v1/" : name;
}

async function readConfig(file: string, required: boolean): Promise<DockerConfigFile | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (!required && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    if (code === undefined) throw cause;
    throw new ImageSpecError("CREDENTIALS", `the credential file "${file}" cannot be read (${code})`, {
      hint: code === "ENOENT" ? "check the path, or log in with docker login" : "check the file's permissions",
      cause,
      details: { file },
    });
  }
  // podman writes an empty file at times.
  return text.trim() === "" ? undefined : parseDockerConfigFile(text, file);
}
