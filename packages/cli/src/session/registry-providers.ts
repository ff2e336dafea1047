import { type BuildersConfig, discoverPlugins } from "@imagespec/core";
import type { RegistryProvider } from "@imagespec/registry-client";
import { packageFolder } from "../package-folder.ts";

/**
 * What the project's plugins know of registries; no builder is loaded for it. A plugin that cannot be used brings none: what needs
 * a builder says why.
 *
 * @throws BUILDER_CONTRACT, and what the module of a plugin throws: going on without a login that was meant would mislead
 */
export async function registryProviders(
  cwd: string,
  builders: BuildersConfig | undefined,
): Promise<readonly RegistryProvider[]> {
  const { plugins } = await discoverPlugins({
    folder: cwd,
    config: builders,
    extraFolders: [packageFolder],
    registersBuilders: false,
  });
  return (await Promise.all(plugins.map((plugin) => plugin.registries()))).flat();
}
