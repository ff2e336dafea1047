export { googleCloudBuild } from "./google-cloud-build.ts";
export type {
  GoogleAccessToken,
  GoogleCloudBuildMachine,
  GoogleCloudBuildOptions,
  GoogleEndpoints,
  RepositoryCreation,
} from "./google-cloud-build-options.ts";
export { artifactRegistry } from "./registry/artifact-registry.ts";
