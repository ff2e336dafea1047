import { type LocalImageStore, openLocalImageStore } from "@imagespec/image-store";
import { RegistryClient, type RetryInfo } from "@imagespec/registry-client";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { CommandContext } from "../command-context.ts";
import { type LoadedConfig, loadConfig } from "../config/load-config.ts";
import { chooseCacheFolder, isStore } from "./cache-folder.ts";
import { registryProviders } from "./registry-providers.ts";
import { registrySettings } from "./registry-settings.ts";

/** What commands work with that move images and look at them: no builder, no plugin. */
export interface ImageSession extends AsyncDisposable {
  readonly config: LoadedConfig;
  readonly cacheFolder: string;
  readonly registryClient: RegistryClient;
  /** Has what the registry client tries again told to one listener, instead of nobody. */
  readonly tellRetries: (listener: (retry: RetryInfo) => void) => void;
  /** The local image store, created when it is missing. */
  readonly openStore: () => Promise<LocalImageStore>;
  /** The local image store, if there is one. */
  readonly existingStore: () => Promise<LocalImageStore | undefined>;
}

/** Reads the configuration and makes a registry client. @throws CONFIG_INVALID, CLI_USAGE */
export async function openImageSession(args: ParsedArguments, { cwd, env }: CommandContext): Promise<ImageSession> {
  const config = await loadConfig(cwd);
  const cacheFolder = chooseCacheFolder(args.text("cache-dir"), config, { cwd, env });
  let listener: ((retry: RetryInfo) => void) | undefined;
  const registryClient = new RegistryClient({
    ...(await registrySettings(args, config, cwd)),
    providers: await registryProviders(cwd, config.config.builders),
    onRetry: (retry) => listener?.(retry),
  });
  let store: Promise<LocalImageStore> | undefined;
  const openStore = (): Promise<LocalImageStore> => {
    store ??= openLocalImageStore(cacheFolder);
    return store;
  };
  return {
    config,
    cacheFolder,
    registryClient,
    tellRetries: (given) => {
      listener = given;
    },
    openStore,
    existingStore: async () => (isStore(cacheFolder) ? openStore() : undefined),
    async [Symbol.asyncDispose]() {
      await (await store?.catch(() => undefined))?.close();
      await registryClient.close();
    },
  };
}
