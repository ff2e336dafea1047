import { ImageSpecError } from "@imagespec/errors";
import { ImageSpec } from "../spec/image-spec.ts";
import { type ResolveOptions, resolveImageSpec } from "../spec/resolve-image-spec.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { BuildOptions, EngineOptions } from "./build-options.ts";
import type { EngineContext } from "./engine-context.ts";

/**
 * The spec that a build is about: build options over the spec's fields over the engine's defaults, then resolved.
 *
 * @throws SPEC_… and LOCK_… of resolving; SPEC_CONFLICT for options that would change what is resolved already
 */
export async function prepareSpec(
  spec: ImageSpec | ResolvedImageSpec,
  options: BuildOptions,
  defaults: NonNullable<EngineOptions["defaults"]>,
  engine: Pick<EngineContext, "builders" | "loadBuilders">,
  signal: AbortSignal,
): Promise<ResolvedImageSpec> {
  if (!ImageSpec.isImageSpec(spec)) {
    if (isResolved(spec)) return relocate(spec, options, defaults);
    throw new ImageSpecError("SPEC_TYPE", "the engine takes an ImageSpec or a resolved spec", {
      hint: "write engine.build(new ImageSpec({ … }))",
    });
  }
  const lockName = options.lockName ?? spec.name;
  return resolveImageSpec(effectiveSpec(spec, options, defaults), {
    signal,
    contentOptions: contentOptionsOf(engine),
    ...(options.root === undefined ? {} : { root: options.root }),
    ...(options.sourceFiles === undefined ? {} : { sourceFiles: options.sourceFiles }),
    ...(options.locked === undefined ? {} : { locked: options.locked }),
    ...(lockName === undefined ? {} : { lockName }),
  });
}

/** What changes an image of the options that a builder gets. */
export function contentOptionsOf(
  engine: Pick<EngineContext, "builders" | "loadBuilders">,
): NonNullable<ResolveOptions["contentOptions"]> {
  return async (name, given) => {
    await engine.loadBuilders();
    const registered = engine.builders().find((candidate) => candidate.name === name);
    return registered?.builder.contentOptions?.(given) ?? given;
  };
}

/** A spec with build options over its fields, and its fields over the engine's defaults. */
export function effectiveSpec(
  spec: ImageSpec,
  options: Pick<BuildOptions, "registry" | "name" | "tagFormat" | "platform" | "builder" | "builderOptions">,
  defaults: NonNullable<EngineOptions["defaults"]>,
): ImageSpec {
  const builder = options.builder ?? spec.builder ?? defaults.builder;
  // Options of the spec are for the builder that it names, not for another one.
  const builderOptions = options.builderOptions ?? (builder === spec.builder ? spec.builderOptions : undefined);
  return spec.with({
    registry: options.registry ?? spec.registry ?? defaults.registry,
    name: options.name ?? spec.name,
    tagFormat: options.tagFormat ?? spec.tagFormat,
    platform: options.platform ?? spec.platform ?? defaults.platform,
    builder,
    builderOptions,
  });
}

/** Callers without types give anything, plain objects before all. */
function isResolved(value: unknown): value is ResolvedImageSpec {
  return typeof value === "object" && value !== null && "platformFingerprints" in value;
}

/** Changes where a resolved spec goes; what would change its content is refused. */
function relocate(
  spec: ResolvedImageSpec,
  options: BuildOptions,
  defaults: NonNullable<EngineOptions["defaults"]>,
): ResolvedImageSpec {
  for (const option of ["platform", "tagFormat", "builderOptions", "root", "sourceFiles"] as const) {
    if (options[option] === undefined) continue;
    throw new ImageSpecError(
      "SPEC_CONFLICT",
      `the build option "${option}" cannot change a spec that is resolved already`,
      {
        hint: "give the ImageSpec to the engine instead, or give the option to resolveImageSpec",
      },
    );
  }
  const builder = options.builder ?? spec.builder;
  if (builder !== spec.builder && Object.keys(spec.builderOptions).length > 0) {
    throw new ImageSpecError("SPEC_CONFLICT", `the spec is resolved with options for builder "${spec.builder}"`, {
      hint: `give the ImageSpec to the engine to have it built by "${builder}"`,
    });
  }
  const registry = options.registry ?? spec.registry ?? defaults.registry;
  const name = options.name ?? spec.name;
  if (registry === spec.registry && name === spec.name && builder === spec.builder) return spec;
  return Object.freeze({ ...moveBase(spec, registry), name, builder });
}

/** A base that lives where its child does moves with it. */
function moveBase(spec: ResolvedImageSpec, registry: string | undefined): ResolvedImageSpec {
  if (registry === spec.registry) return spec;
  const base = spec.resolvedBase;
  if (base.kind !== "image" || base.image.registry !== spec.registry) return { ...spec, registry };
  return { ...spec, registry, resolvedBase: { kind: "image", image: Object.freeze(moveBase(base.image, registry)) } };
}
