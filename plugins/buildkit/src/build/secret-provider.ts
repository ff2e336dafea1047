import type { DockerfilePlan } from "@imagespec/dockerfile";
import type { BuildSession } from "./build-session.ts";
import { type MachineSecrets, machineSecrets } from "./machine-secrets.ts";

/** Hands secrets to the daemon when a step asks for them: those that the Dockerfile mounts, and no others. */
export class SecretProvider {
  readonly #session: BuildSession;
  readonly #secrets: ReadonlyMap<string, DockerfilePlan["secrets"][number]>;
  #machine: Promise<MachineSecrets> | undefined;

  constructor(session: BuildSession, secrets: DockerfilePlan["secrets"]) {
    this.#session = session;
    this.#secrets = new Map(secrets.map((secret) => [secret.id, secret]));
  }

  /** @throws SPEC_VALUE, SPEC_FILE_MISSING for a secret of the spec that cannot be read */
  async read(id: string): Promise<Uint8Array | undefined> {
    const secret = this.#secrets.get(id);
    if (secret === undefined) return undefined;
    const text =
      secret.kind === "spec" ? await this.#session.request.secret(secret.secret) : await this.#own(secret.kind);
    return text === undefined ? undefined : new TextEncoder().encode(text);
  }

  async #own(kind: "uv-config" | "netrc" | "ca"): Promise<string | undefined> {
    const { spec, settings, request } = this.#session;
    this.#machine ??= machineSecrets(spec, settings, (id) => request.secret(id));
    const { uvConfig, netrc, ca } = await this.#machine;
    return kind === "uv-config" ? uvConfig : kind === "netrc" ? netrc : ca;
  }
}
