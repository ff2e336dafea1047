import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { systemCodeOf } from "@imagespec/errors";
import { defaultCacheFolder, type LocalImageStore, openLocalImageStore } from "@imagespec/image-store";
import type { RegisteredBuilder } from "../builder-registry/builder-registry.ts";
import { Activities } from "./activities.ts";
import type { EngineOptions } from "./build-options.ts";
import { detectConcurrency, detectEnvironment, detectHostPlatform } from "./detect.ts";
import type { EngineContext } from "./engine-context.ts";
import { Limiter } from "./limiter.ts";
import { RegistryClients } from "./registry-clients.ts";
import { WorkTable } from "./work-table.ts";

/** How long what was aborted may take to remove its temporary files and locks. */
const tidyingMs = 500;

/** The context of an engine, and the same with the credentials of a docker config file that a spec names. */
export interface OwnedEngineContext extends EngineContext, AsyncDisposable {
  /** @param file absolute */
  withRegistryConfig(file: string): EngineContext;
}

/** What the builds of an engine share, made of its options; nothing is opened before it is needed. */
export function createEngineContext(
  options: EngineOptions,
  builders: () => readonly RegisteredBuilder[],
  closed: AbortSignal,
): OwnedEngineContext {
  const cacheFolder = resolve(options.cacheFolder ?? defaultCacheFolder());
  const clients = new RegistryClients(options);
  const registryClient = () => clients.usual();
  const hostPlatform = detectHostPlatform();
  const storeFolder = typeof options.store === "string" ? resolve(options.store) : cacheFolder;
  const given = typeof options.store === "object" ? options.store : undefined;
  let opened: Promise<LocalImageStore> | undefined;
  let loaded: Promise<void> | undefined;
  let ask: EngineContext["availability"] | undefined;
  const store = (): Promise<LocalImageStore> => {
    if (given !== undefined) return Promise.resolve(given);
    opened ??= openLocalImageStore(storeFolder);
    return opened;
  };
  const context: EngineContext = {
    builders,
    loadBuilders: () => {
      loaded ??= options.loadBuilders?.() ?? Promise.resolve();
      return loaded;
    },
    availability: async (builder) => {
      const { availabilityCache } = await import("./select-builder.ts");
      const client = await registryClient();
      ask ??= availabilityCache(() => ({
        output: { kind: "local-store", name: "image" },
        hostPlatform,
        allowEmulation: false,
        registryClient: client,
        signal: closed,
      }));
      return ask(builder);
    },
    registryClient,
    store,
    existingStore: async () =>
      given !== undefined || (await exists(join(storeFolder, "oci-layout"))) ? store() : undefined,
    cacheFolder,
    resolver: options.resolver,
    env: options.env ?? detectEnvironment(),
    secretReaders: options.secretReaders ?? {},
    limiter: new Limiter(options.concurrency ?? detectConcurrency()),
    work: new WorkTable(),
    activities: new Activities(),
    hostPlatform,
  };
  return {
    ...context,
    withRegistryConfig: (configFile) => ({ ...context, registryClient: () => clients.withConfig(configFile) }),
    async [Symbol.asyncDispose]() {
      await context.activities.settle(tidyingMs);
      await clients[Symbol.asyncDispose]();
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return false;
    throw error;
  }
}
