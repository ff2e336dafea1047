import { type AssembleOptions, assembleImage } from "@imagespec/assembler";
import {
  type BuilderDefinition,
  type Capability,
  defineBuilder,
  type ImageSpecBuilder,
  type Json,
  priorities,
  type ResolvedImageSpec,
} from "@imagespec/core";
import { detectUvSettings } from "@imagespec/resolver";
import type { AssembleBuilderOptions } from "./assemble-builder-options.ts";
import { assertAbsolute, specOptions } from "./builder-options.ts";
import { debianArchive } from "./debian-archive.ts";
import { declines } from "./declines.ts";

const capabilities: readonly Capability[] = [
  "base-image",
  "debian-base",
  "scratch-base",
  "runtime-packages",
  "reproducible",
  "output-registry",
  "output-local-store",
  "output-oci-layout",
  "output-docker-archive",
  "output-engine",
  "secret-env",
  "secret-file",
];

function define(options: AssembleBuilderOptions = {}): BuilderDefinition {
  assertAbsolute("cacheFolder", options.cacheFolder);
  return {
    name: "assemble",
    priority: priorities.assemble,
    capabilities,
    shouldBuild(spec) {
      const problems = declines(spec);
      return problems.length > 0
        ? { action: "decline", problems }
        : { action: "build", detail: "no daemon, layers straight from wheels" };
    },
    contentOptions: (value): Json => {
      const { index } = specOptions(value).options;
      return index === undefined ? {} : { index };
    },
    build: (spec, request) => assembleImage(spec, request, assembleOptions(options, spec)),
  };
}

function assembleOptions(options: AssembleBuilderOptions, spec: ResolvedImageSpec): AssembleOptions {
  const detected = detectUvSettings();
  const index = specOptions(spec.builderOptions).options.index ?? options.index ?? detected.index;
  const archive = debianArchive(options.debian);
  return {
    ...(options.cacheFolder === undefined ? {} : { cacheFolder: options.cacheFolder }),
    ...(archive === undefined ? {} : { debianArchive: archive }),
    uv: { ...detected, index, uv: options.uv ?? detected.uv },
  };
}

/** The builder that assembles images with no daemon: layers straight from wheels, files and Debian packages. */
export const assemble: (options?: AssembleBuilderOptions) => ImageSpecBuilder = defineBuilder<
  AssembleBuilderOptions | undefined
>(define);
