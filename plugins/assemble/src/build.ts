import { type AssembleOptions, assembleImage } from "@imagespec/assembler";
import { type BuildOutcome, type BuildRequest, type ResolvedImageSpec, readIndexOption } from "@imagespec/core";
import { detectUvSettings } from "@imagespec/resolver";
import type { AssembleBuilderOptions } from "./assemble-builder-options.ts";
import { indexRepository } from "./builder-options.ts";
import { debianArchive } from "./debian-archive.ts";

/** Builds an image with the builder's options and those that the spec gives. */
export function build(
  options: AssembleBuilderOptions,
  spec: ResolvedImageSpec,
  request: BuildRequest,
): Promise<BuildOutcome> {
  return assembleImage(spec, request, assembleOptions(options, spec));
}

/** How the builder works for a spec: options of the spec, of the builder, then of the environment. */
export function assembleOptions(options: AssembleBuilderOptions, spec: ResolvedImageSpec): AssembleOptions {
  const detected = detectUvSettings();
  const index = readIndexOption("assemble", spec.builderOptions).options.index ?? options.index ?? detected.index;
  const archive = debianArchive(options.debian);
  const repository = indexRepository(options.layerIndex?.repository);
  return {
    ...(options.cacheFolder === undefined ? {} : { cacheFolder: options.cacheFolder }),
    ...(archive === undefined ? {} : { debianArchive: archive }),
    ...(options.pythonMirror === undefined ? {} : { pythonMirror: options.pythonMirror }),
    ...(repository === undefined ? {} : { layerIndex: { ...repository, write: options.layerIndex?.write === true } }),
    uv: { ...detected, index, uv: options.uv ?? detected.uv },
  };
}
