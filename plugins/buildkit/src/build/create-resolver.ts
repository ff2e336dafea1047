import type { ResolvedImageSpec, Resolver } from "@imagespec/core";
import { createUvResolver } from "@imagespec/resolver";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";
import { uvSettings } from "./create-session.ts";

/** The resolver of a build with these options: it may answer with source distributions. */
export function createResolver(
  options: BuildkitBuilderOptions,
  spec: ResolvedImageSpec,
  cacheFolder: string,
): Resolver {
  const resolver = createUvResolver({ cacheFolder, settings: uvSettings(options, spec) });
  return { resolve: (wanted, target, request) => resolver.resolve(wanted, target, { sdists: true, ...request }) };
}
