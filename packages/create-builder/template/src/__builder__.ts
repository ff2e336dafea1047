import { assembleImage } from "@imagespec/assembler";
import { type Capability, decline, defineBuilder, type ImageSpecBuilder } from "@imagespec/core";
import { availability } from "./availability.ts";

/** Options of the builder `__builder__`. None of them changes the image. */
export interface __options__ {
  /** Platforms that it takes, such as `linux/amd64`. @default all */
  readonly platforms?: readonly string[];
}

/** What it can do; the engine never gives it a spec that needs more. Claim only what `build` does: the conformance suite tries it. */
const capabilities: readonly Capability[] = [
  "base-image",
  "runtime-packages",
  "reproducible",
  "output-registry",
  "output-local-store",
  "output-oci-layout",
  "output-docker-archive",
  "secret-env",
  "secret-file",
];

/** __description__. */
export const __factory__: (options?: __options__) => ImageSpecBuilder = defineBuilder((options?: __options__) => ({
  name: "__builder__",
  capabilities,
  isAvailable: ({ signal }) => availability(options, signal),
  shouldBuild(spec) {
    const other = spec.platforms.find((platform) => options?.platforms?.includes(platform) === false);
    if (other === undefined) return true;
    return decline("platform", `the builder "__builder__" has no machine for "${other}"`, "choose another platform");
  },
  // Options that change what is in the image belong here, so that they are in the fingerprint.
  contentOptions: () => ({}),
  // A working start: layers straight from wheels, on this machine. Your own machinery goes here. It gets the resolved spec
  // and the request (output, sink, base, secrets, signal, emit), returns the digest of what it wrote, and rejects with an
  // ImageSpecError of @imagespec/errors. For machinery that takes a Dockerfile there is @imagespec/dockerfile.
  build: (spec, request) => assembleImage(spec, request),
}));
