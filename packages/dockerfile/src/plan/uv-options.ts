import type { ResolvedImageSpec } from "@imagespec/core";

type IndexFields = Pick<ResolvedImageSpec, "pipIndex" | "pipExtraIndexUrl" | "pipExtraArgs" | "excludeNewer">;

/** Where uv looks for packages, as the spec says. */
export function indexOptions({ pipIndex, pipExtraIndexUrl }: IndexFields): readonly string[] {
  return [
    ...(pipIndex === undefined ? [] : ["--default-index", pipIndex]),
    ...pipExtraIndexUrl.flatMap((url) => ["--index", url]),
  ];
}

/** All options of a spec for `uv pip install`, with those of pip that uv spells in another way. */
export function installOptions(spec: IndexFields, isBuilt: boolean): readonly string[] {
  const given = spec.pipExtraArgs.flatMap((option) => {
    if (option === "--trusted-host") return ["--allow-insecure-host"];
    if (option.startsWith("--trusted-host=")) return ["--allow-insecure-host", option.slice("--trusted-host=".length)];
    // What is installed is decided: these are about deciding it.
    return ["--pre", "--prefer-binary", "--no-cache-dir", "--require-hashes"].includes(option) ? [] : [option];
  });
  // Build requirements are chosen when a package is built.
  const cutoff = isBuilt && spec.excludeNewer !== undefined ? ["--exclude-newer", spec.excludeNewer] : [];
  const isRestricted = given.some((option) => /^--(?:no-binary|only-binary|no-build)(?:=|$)/.test(option));
  return [...indexOptions(spec), ...given, ...cutoff, ...(isBuilt || isRestricted ? [] : ["--no-build"])];
}
