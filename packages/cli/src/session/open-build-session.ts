import { discoverPlugins, ImageBuildEngine } from "@imagespec/core";
import { type LocalImageStore, openLocalImageStore } from "@imagespec/image-store";
import type { RegistryClient, RetryInfo } from "@imagespec/registry-client";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { CommandContext } from "../command-context.ts";
import { type LoadedConfig, loadConfig } from "../config/load-config.ts";
import { packageFolder } from "../package-folder.ts";
import { chooseCacheFolder } from "./cache-folder.ts";
import { registrySettings } from "./registry-settings.ts";

export type Plugins = Awaited<ReturnType<typeof discoverPlugins>>;

/** What builds work with. An image that is in the local store needs no more of it than configuration and store. */
export interface BuildSession extends AsyncDisposable {
  readonly config: LoadedConfig;
  readonly cacheFolder: string;
  readonly engine: ImageBuildEngine;
  /** Made at the first call. */
  readonly registryClient: () => Promise<RegistryClient>;
  /** Looks for plugins at the first call and registers their builders: of the project, and of this package. */
  readonly loadPlugins: () => Promise<Plugins>;
  readonly openStore: () => Promise<LocalImageStore>;
}

interface BuildSessionOptions {
  readonly concurrency?: number | undefined;
  /** Called when a builder is needed and plugins have been looked for. */
  readonly onPlugins?: ((plugins: Plugins) => void) | undefined;
  /** Called when a registry is asked once more. */
  readonly onRetry?: ((retry: RetryInfo) => void) | undefined;
}

/** Reads the configuration and makes an engine. @throws CONFIG_INVALID, CLI_USAGE */
export async function openBuildSession(
  args: ParsedArguments,
  { cwd, env }: CommandContext,
  { concurrency, onPlugins, onRetry }: BuildSessionOptions = {},
): Promise<BuildSession> {
  const loaded = await loadConfig(cwd);
  const { config } = loaded;
  const cacheFolder = chooseCacheFolder(args.text("cache-dir"), loaded, { cwd, env });
  const settings = { ...(await registrySettings(args, loaded, cwd)), onRetry };
  const loadPlugins = once(() =>
    discoverPlugins({ folder: cwd, config: config.builders, extraFolders: [packageFolder] }),
  );
  const registryClient = once(async () => {
    const [{ RegistryClient }, { registryProviders }] = await Promise.all([
      import("@imagespec/registry-client"),
      import("./registry-providers.ts"),
    ]);
    return new RegistryClient({ ...settings, providers: await registryProviders(cwd, config.builders) });
  });
  const openStore = once(() => openLocalImageStore(cacheFolder));
  // Certificates that are none are a mistake, needed or not.
  if (settings.ca !== undefined) await registryClient();
  const engine = new ImageBuildEngine({
    registryClient,
    cacheFolder,
    env,
    concurrency: concurrency ?? config.concurrency,
    loadBuilders: async () => {
      const plugins = await loadPlugins();
      onPlugins?.(plugins);
    },
    defaults: {
      registry: config.registry,
      builder: config.builder,
      systemBuilder: config.systemBuilder,
      platform: config.platform,
      existence: config.existence,
    },
  });
  return {
    config: loaded,
    cacheFolder,
    engine,
    registryClient,
    loadPlugins,
    openStore,
    async [Symbol.asyncDispose]() {
      await engine.close();
      await openStore.made?.then((store) => store.close(), ignore);
      await registryClient.made?.then((client) => client.close(), ignore);
    },
  };
}

/** Makes it at the first call; `made` is there from then on. */
function once<T>(make: () => Promise<T>): { (): Promise<T>; made?: Promise<T> } {
  const get: { (): Promise<T>; made?: Promise<T> } = () => {
    get.made ??= make();
    return get.made;
  };
  return get;
}

/** Whoever asked for it knows why it could not be made. */
function ignore(): void {}
