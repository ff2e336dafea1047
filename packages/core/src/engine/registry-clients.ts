import type { RegistryClient, RegistryClientOptions } from "@imagespec/registry-client";
import type { EngineOptions } from "./build-options.ts";

/** The registry clients of an engine, each made at its first use: most builds find their image in the local store. */
export class RegistryClients implements AsyncDisposable {
  readonly #options: EngineOptions;
  readonly #own = new Map<string | undefined, Promise<RegistryClient>>();

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** The client that is given, else the engine's own. @throws CONFIG_INVALID when `ca` is no PEM text */
  async usual(): Promise<RegistryClient> {
    const { registryClient: given, credentials } = this.#options;
    if (given !== undefined) return typeof given === "function" ? given() : given;
    return this.#make(undefined, async () => (credentials === undefined ? {} : { credentials }));
  }

  /** One with the credentials of a docker config file, and no others. */
  async withConfig(configFile: string): Promise<RegistryClient> {
    return this.#make(configFile, async () => {
      const { dockerConfigCredentials } = await import("@imagespec/registry-client");
      return { credentials: dockerConfigCredentials({ configFile }) };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const made = await Promise.allSettled(this.#own.values());
    await Promise.all(made.map((each) => (each.status === "fulfilled" ? each.value.close() : undefined)));
  }

  #make(configFile: string | undefined, choose: () => Promise<RegistryClientOptions>): Promise<RegistryClient> {
    const known = this.#own.get(configFile);
    if (known !== undefined) return known;
    const { registryOptions = {}, providers = registryOptions.providers ?? [] } = this.#options;
    const made = (async () => {
      const { RegistryClient } = await import("@imagespec/registry-client");
      return new RegistryClient({ ...registryOptions, providers, ...(await choose()) });
    })();
    this.#own.set(configFile, made);
    return made;
  }
}
