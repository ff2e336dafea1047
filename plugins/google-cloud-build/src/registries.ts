import type { RegistryProvider } from "@imagespec/registry-client";
import type { GoogleCloudBuildOptions } from "./google-cloud-build-options.ts";
import { artifactRegistry } from "./registry/artifact-registry.ts";

/** What this plugin knows of registries, for every command that talks to one. */
export const registries = (options?: GoogleCloudBuildOptions): readonly RegistryProvider[] => [
  artifactRegistry(options),
];
