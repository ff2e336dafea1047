import { type Capability, decline, defineBuilder, type ImageSpecBuilder } from "@imagespec/core";
import { createUvResolver } from "@imagespec/resolver";
import { availability } from "./availability.ts";
import { build } from "./build.ts";

/** Options of the builder `buildah`. None of them changes the image. */
export interface BuildahOptions {
  /** Name or path of the command. @default "buildah" */
  readonly command?: string;
  /** How build steps are isolated; `chroot` works where containers cannot be started. @default what buildah chooses */
  readonly isolation?: "oci" | "chroot";
  /** With `host`, build steps reach servers that listen on loopback of this machine. @default what buildah chooses */
  readonly network?: "private" | "host";
}

/** What it can do; the conformance suite tries each of them. */
const capabilities: readonly Capability[] = [
  "base-image",
  "scratch-base",
  "onbuild",
  "python-exec",
  "sdists",
  "apt-packages",
  "commands",
  "runtime-packages",
  "bytecode",
  "output-registry",
  "output-local-store",
  "output-oci-layout",
  "output-docker-archive",
  "output-engine",
  "secret-env",
  "secret-file",
];

/** Builds images with buildah, without a daemon. */
export const buildah: (options?: BuildahOptions) => ImageSpecBuilder = defineBuilder((options?: BuildahOptions) => ({
  name: "buildah",
  capabilities,
  isAvailable: ({ signal }) => availability(options, signal),
  shouldBuild(spec, { hostPlatform }) {
    const other = spec.platforms.find((platform) => platform !== hostPlatform);
    if (other === undefined) return true;
    return decline("platform", `"${other}" is not the platform of this machine, "${hostPlatform}"`, "build it there");
  },
  contentOptions: () => ({}),
  resolver: (_spec, { cacheFolder }) => createUvResolver({ cacheFolder }),
  build: (spec, request) => build(spec, request, options),
}));
