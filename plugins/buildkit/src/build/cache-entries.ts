import type { BuildkitBuilderOptions, CacheChoice } from "../buildkit-builder-options.ts";
import type { CacheEntry, DaemonFeatures } from "../daemon/daemon.ts";

/** The caches that the options name, as the daemon takes them. */
export function cacheEntries(
  cache: BuildkitBuilderOptions["cache"],
  { registryCache }: Pick<DaemonFeatures, "registryCache">,
): { readonly cacheFrom?: readonly CacheEntry[]; readonly cacheTo?: readonly CacheEntry[] } {
  if (cache === undefined) return {};
  const { from = [], to = [], mode = "max", required = false } = cache;
  const exported = to.map(parseCache).map(({ type, attrs }): CacheEntry => {
    if (type === "inline") return { type, attrs };
    return { type, attrs: { mode, ...(required ? {} : { "ignore-error": "true" }), ...attrs } };
  });
  return {
    ...(from.length === 0 ? {} : { cacheFrom: from.map(parseCache) }),
    // Declined before where it is required.
    ...(exported.length === 0 ? {} : { cacheTo: exported.filter(({ type }) => registryCache || type === "inline") }),
  };
}

/** Types of the caches that the options want exported and the daemon cannot export. */
export function unexportedCaches(
  cache: BuildkitBuilderOptions["cache"],
  { registryCache }: Pick<DaemonFeatures, "registryCache">,
): readonly string[] {
  const types = (cache?.to ?? []).map((choice) => parseCache(choice).type);
  return registryCache ? [] : [...new Set(types.filter((type) => type !== "inline"))];
}

/** A registry reference, `type=…,key=value`, or those as an object. */
function parseCache(choice: CacheChoice): CacheEntry {
  if (typeof choice !== "string") {
    const { type = "registry", ...attrs } = choice;
    return { type, attrs };
  }
  if (!choice.includes("=")) return { type: "registry", attrs: { ref: choice } };
  const pairs = choice.split(",").map((pair) => {
    const equals = pair.indexOf("=");
    return equals < 0 ? ([pair, "true"] as const) : ([pair.slice(0, equals), pair.slice(equals + 1)] as const);
  });
  return parseCache(Object.fromEntries(pairs));
}
