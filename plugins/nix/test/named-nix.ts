import type { ImageSpecBuilder, ResolvedImageSpec } from "@imagespec/core";
import { type NixBuilderOptions, nix } from "../src/index.ts";

/**
 * The builder `nix` for specs that name none, as those of the conformance suite: it is handed copies that name it, and Debian's
 * Python, which is what the tests' package set has.
 *
 * Without `apt-packages`: programs of Nix are no Debian packages, and the suite looks for what dpkg knows of them.
 */
export function namedNix(options: NixBuilderOptions): ImageSpecBuilder {
  const builder = nix(options);
  const named = (spec: ResolvedImageSpec): ResolvedImageSpec => ({
    ...spec,
    builder: spec.builder ?? "nix",
    pythonVersion: "3.11",
  });
  return {
    ...builder,
    capabilities: new Set([...builder.capabilities].filter((capability) => capability !== "apt-packages")),
    shouldBuild: (spec, context) => builder.shouldBuild(named(spec), context),
    build: (spec, request) => builder.build(named(spec), request),
  };
}
