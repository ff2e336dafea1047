import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { defaultCacheFolder } from "@imagespec/image-store";
import type { CommandContext } from "../command-context.ts";
import type { LoadedConfig } from "../config/load-config.ts";

/** The folder of cache and local images: flag, configuration, environment, the user's own. */
export function chooseCacheFolder(
  flag: string | undefined,
  { config, folder }: Pick<LoadedConfig, "config" | "folder">,
  { cwd, env }: Pick<CommandContext, "cwd" | "env">,
): string {
  if (flag !== undefined) return resolve(cwd, flag);
  return config.cacheFolder === undefined ? defaultCacheFolder(env) : resolve(folder, config.cacheFolder);
}

/** Whether a folder holds a local image store: looking at what is not there must not create it. */
export function isStore(cacheFolder: string): boolean {
  return existsSync(join(cacheFolder, "oci-layout"));
}
