import { resolve } from "node:path";
import { type DiscoveredPlugin, discoverPlugins, ImageBuildEngine, type PluginProblem } from "@imagespec/core";
import { defaultCacheFolder, type LocalImageStore, openLocalImageStore } from "@imagespec/image-store";
import { RegistryClient } from "@imagespec/registry-client";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { CommandContext } from "../command-context.ts";
import { type LoadedConfig, loadConfig } from "../config/load-config.ts";
import { packageFolder } from "../package-folder.ts";
import { registrySettings } from "./registry-settings.ts";

/** Everything that a command works with: configuration, plugins, registries, engine. */
export interface Session extends AsyncDisposable {
  readonly config: LoadedConfig;
  readonly plugins: readonly DiscoveredPlugin[];
  readonly problems: readonly PluginProblem[];
  readonly registryClient: RegistryClient;
  readonly cacheFolder: string;
  readonly engine: ImageBuildEngine;
  readonly openStore: () => Promise<LocalImageStore>;
}

interface SessionOptions {
  readonly concurrency?: number | undefined;
  /**
   * With it, plugins are looked for when a builder is needed and not before, and the session names none: an image that exists
   * needs no builder. Called with what goes wrong then.
   */
  readonly onLateProblems?: ((problems: readonly PluginProblem[]) => void) | undefined;
}

/**
 * Reads the configuration, registers the builders of the project's plugins and those that come with this package, and makes an
 * engine.
 *
 * @throws CONFIG_INVALID
 */
export async function openSession(
  args: ParsedArguments,
  { cwd, env }: CommandContext,
  { concurrency, onLateProblems }: SessionOptions = {},
): Promise<Session> {
  const loaded = await loadConfig(cwd);
  const { config, folder } = loaded;
  const discover = () => discoverPlugins({ folder: cwd, config: config.builders, extraFolders: [packageFolder] });
  const { plugins, problems } = onLateProblems === undefined ? await discover() : { plugins: [], problems: [] };
  const given = args.text("cache-dir");
  const configured = config.cacheFolder === undefined ? undefined : resolve(folder, config.cacheFolder);
  const cacheFolder = given === undefined ? (configured ?? defaultCacheFolder(env)) : resolve(cwd, given);
  const registryClient = new RegistryClient(await registrySettings(args, loaded, cwd));
  const engine = new ImageBuildEngine({
    registryClient,
    cacheFolder,
    env,
    concurrency: concurrency ?? config.concurrency,
    loadBuilders: async () => onLateProblems?.((await discover()).problems),
    defaults: {
      registry: config.registry,
      builder: config.builder,
      systemBuilder: config.systemBuilder,
      platform: config.platform,
      existence: config.existence,
    },
  });
  let store: Promise<LocalImageStore> | undefined;
  return {
    config: loaded,
    plugins,
    problems,
    registryClient,
    cacheFolder,
    engine,
    openStore: () => {
      store ??= openLocalImageStore(cacheFolder);
      return store;
    },
    async [Symbol.asyncDispose]() {
      await engine.close();
      await (await store?.catch(() => undefined))?.close();
      await registryClient.close();
    },
  };
}
