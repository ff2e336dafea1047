import { systemClock } from "@imagespec/cloud-support";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { artifactRegistryApi } from "../registry/artifact-registry.ts";
import { parseArtifactRepository } from "../registry/artifact-registry-host.ts";
import { ensureRepository } from "../registry/ensure-repository.ts";
import type { GoogleSession } from "./google-session.ts";
import type { PushTarget } from "./push-target.ts";

/** Makes the repository that the build pushes to, where the options allow it: the build itself cannot. @throws CLOUD_… */
export async function ensureTarget(
  { api, place }: Pick<GoogleSession, "api" | "place">,
  { registry, name }: Pick<PushTarget, "registry" | "name">,
  { createRepository, endpoints }: GoogleCloudBuildOptions,
  signal: AbortSignal,
): Promise<void> {
  if (createRepository === undefined || createRepository === false) return;
  const parsed = parseArtifactRepository(registry, name, place.location);
  if (parsed === undefined) return;
  await ensureRepository(api, parsed, createRepository, {
    endpoint: endpoints?.artifactRegistry ?? artifactRegistryApi,
    signal,
    sleep: systemClock.sleep,
  });
}
