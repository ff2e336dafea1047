import path from "node:path";
import { assemble } from "@imagespec/builder-assemble";
import {
  artifactRegistry,
  type GoogleCloudBuildOptions,
  googleCloudBuild,
} from "@imagespec/builder-google-cloud-build";
import { ImageBuildEngine, ImageSpec } from "@imagespec/core";
import type { RegistryClient } from "@imagespec/registry-client";

/** What differs from one CI job to another. */
export interface PipelineSettings {
  readonly options: GoogleCloudBuildOptions;
  /** `europe-west1-docker.pkg.dev/acme-images/images` */
  readonly registry: string;
  readonly cacheFolder?: string;
  /** For a job behind a mirror. @default with the logins of this job, and Artifact Registry */
  readonly registryClient?: RegistryClient;
}

/** An image, and what was done for it. */
export interface PipelineImage {
  readonly reference: string;
  readonly digest: string | undefined;
  readonly action: string;
  readonly builder: string | undefined;
}

const root = import.meta.dirname;

/** Builds the three images of this folder, or finds them. */
export async function pipeline({
  options,
  registry,
  cacheFolder,
  registryClient,
}: PipelineSettings): Promise<readonly PipelineImage[]> {
  await using engine = new ImageBuildEngine({
    builders: [assemble(), googleCloudBuild(options)],
    ...(registryClient === undefined ? { providers: [artifactRegistry(options)] } : { registryClient }),
    ...(cacheFolder === undefined ? {} : { cacheFolder }),
  });
  const files = ["report.yaml", "model.yaml", "rates.yaml"];
  const specs = await Promise.all(files.map((file) => ImageSpec.fromFile(path.join(root, file))));
  const images = await Promise.all(specs.map((spec) => engine.build(spec, { root, registry })));
  return images.map(({ reference, digest, action, builder }) => ({ reference, digest, action, builder }));
}
