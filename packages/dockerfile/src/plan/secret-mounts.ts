import { createHash } from "node:crypto";
import type { NormalizedSecret, ResolvedImageSpec } from "@imagespec/core";
import { isNetrcTarget } from "@imagespec/resolver";
import { secretMount } from "../text/mount.ts";
import type { DockerfileOptions, PlannedSecret } from "./dockerfile-plan.ts";
import { specProblem } from "./spec-problem.ts";

/** Ids of the machine's secrets: a spec cannot have such ids. */
const machineIds = { "uv-config": "_imagespec_uv", netrc: "_imagespec_netrc", ca: "_imagespec_ca" } as const;

type MachineKind = keyof typeof machineIds;

/** Which secrets the text mounts, collected as it is written. */
export class SecretMounts {
  readonly #spec: Pick<ResolvedImageSpec, "secrets" | "indexCredentials">;
  readonly #options: Pick<DockerfileOptions, "machineSecrets" | "ca">;
  readonly #used = new Map<string, PlannedSecret>();

  constructor(
    spec: Pick<ResolvedImageSpec, "secrets" | "indexCredentials">,
    options: Pick<DockerfileOptions, "machineSecrets" | "ca">,
  ) {
    this.#spec = spec;
    this.#options = options;
  }

  get planned(): readonly PlannedSecret[] {
    return [...this.#used.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Flags for the secrets of the package installation. */
  packages(): readonly string[] {
    return this.#mount(this.#packageSecrets());
  }

  /** Flags for the secrets that a command asks for. */
  command(ids: readonly string[]): readonly string[] {
    return this.#mount(this.#spec.secrets.filter(({ id }) => ids.includes(id)));
  }

  /** Flag for something that the machine may have; none unless that was asked for. */
  machine(kind: MachineKind, target: string): readonly string[] {
    if (this.#options.machineSecrets !== true) return [];
    const id = machineIds[kind];
    this.#used.set(id, { id, kind });
    // Certificates are no secret, and are read by users other than root: by apt's own, for one.
    return [secretMount(id, target, { required: false, ...(kind === "ca" ? { mode: "0444" } : {}) })];
  }

  /** What the scripts are told about logins for the package index. */
  loginArguments(): readonly string[] {
    const secrets = this.#packageSecrets();
    const targets = new Map(secrets.map(({ id, target }) => [id, target]));
    const logins = this.#spec.indexCredentials.flatMap(({ origin, secret }) => {
      const target = targets.get(secret);
      return target === undefined ? [] : ["--login", `${origin}=${target}`];
    });
    const isLogin = new Set(this.#spec.indexCredentials.map(({ secret }) => secret));
    const netrcs = secrets.filter(({ id, target }) => !isLogin.has(id) && isNetrcTarget(target));
    return [...logins, ...netrcs.flatMap(({ target }) => ["--netrc", target])];
  }

  /** Changes with the `cacheBust` of the secrets of a step, so that the step runs again; nothing where none has one. */
  bust(step: "packages" | readonly string[]): string | undefined {
    const secrets =
      step === "packages" ? this.#packageSecrets() : this.#spec.secrets.filter(({ id }) => step.includes(id));
    const busts = secrets.flatMap(({ id, cacheBust }) => (cacheBust === undefined ? [] : [[id, cacheBust]]));
    if (busts.length === 0) return undefined;
    return createHash("sha256").update(JSON.stringify(busts)).digest("hex").slice(0, 12);
  }

  #packageSecrets(): readonly NormalizedSecret[] {
    return this.#spec.secrets.filter(({ steps }) => steps.includes("packages"));
  }

  #mount(secrets: readonly NormalizedSecret[]): readonly string[] {
    return secrets.map(({ id, target }) => {
      if (!/^[A-Za-z0-9_.:/@%+=~-]+$/.test(target)) {
        throw specProblem(
          "SPEC_VALUE",
          "secrets",
          `the secret "${id}" cannot be mounted at "${target}" by a Dockerfile`,
          "use a target without spaces, quotes, commas and letters outside of ASCII",
        );
      }
      this.#used.set(id, { id, kind: "spec", secret: id });
      return secretMount(id, target, { required: true });
    });
  }
}
