import {
  type BuilderDefinition,
  type Capability,
  decline,
  defineBuilder,
  type ImageSpecBuilder,
  priorities,
} from "@imagespec/core";
import { availability } from "./availability.ts";
import { assertOptions } from "./options/assert-options.ts";
import { contentOptions } from "./options/content-options.ts";
import type { NixBuilderOptions } from "./options/nix-builder-options.ts";

const capabilities: readonly Capability[] = [
  "apt-packages",
  "other-python",
  "base-image",
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

function define(options: NixBuilderOptions = {}): BuilderDefinition {
  assertOptions(options);
  return {
    name: "nix",
    priority: priorities.nix,
    capabilities,
    isAvailable: () => availability(options),
    async shouldBuild(spec, context) {
      if (spec.builder !== "nix") {
        const message = "it builds only specs that name it: its package set has to be in the fingerprint";
        return decline("builder", message, "write builder: nix into the spec or the configuration");
      }
      // Loaded when a spec names this builder: most do not.
      const { declines } = await import("./declines.ts");
      const problems = declines(options, spec, context);
      return problems.length > 0
        ? { action: "decline", problems }
        : { action: "build", detail: "store paths of Nix, no daemon" };
    },
    contentOptions: (value) => contentOptions(options, value),
    async build(spec, request) {
      const { buildNixImage } = await import("./image/build-nix-image.ts");
      return buildNixImage(options, spec, request);
    },
  };
}

/** The builder that makes images of a Nix package set: nixpkgs by a pin, or wheels on its interpreter. */
export const nix: (options?: NixBuilderOptions) => ImageSpecBuilder = defineBuilder<NixBuilderOptions | undefined>(
  define,
);
