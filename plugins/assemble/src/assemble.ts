import {
  type BuilderDefinition,
  type Capability,
  defineBuilder,
  type ImageSpecBuilder,
  type Json,
  priorities,
  readIndexOption,
} from "@imagespec/core";
import type { AssembleBuilderOptions } from "./assemble-builder-options.ts";
import { assertOptions } from "./builder-options.ts";
import { declines } from "./declines.ts";

const capabilities: readonly Capability[] = [
  "base-image",
  "debian-base",
  "scratch-base",
  "other-python",
  "runtime-packages",
  "profile-flytekit",
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
  assertOptions(options);
  return {
    name: "assemble",
    priority: priorities.assemble,
    capabilities,
    async shouldBuild(spec) {
      const problems = await declines(spec);
      return problems.length > 0
        ? { action: "decline", problems }
        : { action: "build", detail: "no daemon, layers straight from wheels" };
    },
    contentOptions: (value): Json => {
      const { index } = readIndexOption("assemble", value).options;
      return index === undefined ? {} : { index };
    },
    async build(spec, request) {
      // Loaded when something has to be built: most runs find the image in place.
      const { build } = await import("./build.ts");
      return build(options, spec, request);
    },
    async lockBase(spec, request) {
      const { lockBase } = await import("./lock.ts");
      return lockBase(options, spec, request);
    },
    resolver: (spec, { cacheFolder }) => ({
      async resolve(...request) {
        const { createResolver } = await import("./lock.ts");
        return createResolver(options, spec, cacheFolder).resolve(...request);
      },
    }),
  };
}

/** The builder that assembles images with no daemon: layers straight from wheels, files and Debian packages. */
export const assemble: (options?: AssembleBuilderOptions) => ImageSpecBuilder = defineBuilder<
  AssembleBuilderOptions | undefined
>(define);
