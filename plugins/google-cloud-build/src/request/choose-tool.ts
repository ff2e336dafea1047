import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";

/** What builds: `docker build`, which every builder image has, or buildx, which caches in a registry and runs foreign platforms. */
export type BuildTool = "docker" | "buildx";

/** The tool for a build: the one that the options name, else the least that does it. */
export function chooseTool(
  { builder, cache }: Pick<GoogleCloudBuildOptions, "builder" | "cache">,
  { emulated }: { readonly emulated: boolean },
): BuildTool {
  if (builder !== undefined) return builder;
  return emulated || (cache !== undefined && cache !== "none") ? "buildx" : "docker";
}
