import type { DiscoveredPlugin } from "@imagespec/core";
import type { LoadedConfig } from "../config/load-config.ts";

/** The options that the configuration has for the builder of a plugin. */
export function pluginOptions({ manifest }: DiscoveredPlugin, { config: { builders = {} } }: LoadedConfig): unknown {
  const configured = Object.keys(manifest.builders).find((name) => Object.hasOwn(builders, name));
  return configured === undefined ? undefined : builders[configured]?.options;
}
