export { buildkit } from "./buildkit.ts";
export type { BuildkitBuilderOptions, CacheChoice } from "./buildkit-builder-options.ts";
