import { lockBase as lookAtBase } from "@imagespec/assembler";
import type { LockedBase, LockRequest, ResolvedImageSpec, Resolver } from "@imagespec/core";
import { createUvResolver } from "@imagespec/resolver";
import type { AssembleBuilderOptions } from "./assemble-builder-options.ts";
import { assembleOptions } from "./build.ts";

/** What a lock has to know of a base, under the options that a build would have. */
export function lockBase(
  options: AssembleBuilderOptions,
  spec: ResolvedImageSpec,
  request: LockRequest,
): Promise<LockedBase> {
  return lookAtBase(spec, request, assembleOptions(options, spec));
}

/** The resolver of a build with these options. */
export function createResolver(
  options: AssembleBuilderOptions,
  spec: ResolvedImageSpec,
  cacheFolder: string,
): Resolver {
  const { uv } = assembleOptions(options, spec);
  return createUvResolver({ cacheFolder, ...(uv === undefined ? {} : { settings: uv }) });
}
