import { setTimeout as sleepFor } from "node:timers/promises";
import type { CredentialProvider, RegistryProvider } from "@imagespec/registry-client";
import type { GoogleApi } from "../client/google-api.ts";
import { explainCall } from "../errors/explain-call.ts";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { isArtifactRegistry, parseArtifactRepository } from "./artifact-registry-host.ts";
import { classifyAbsence } from "./classify-absence.ts";

/** A token that ends within that time is not given out: a push may take a while. Milliseconds. */
const margin = 5 * 60_000;

/** Where Artifact Registry's API is. */
export const artifactRegistryApi = "https://artifactregistry.googleapis.com";

const never = new AbortController().signal;

const open = async (options: GoogleCloudBuildOptions): Promise<GoogleApi> => {
  const { openGoogleApi } = await import("../client/google-auth-adapter.ts");
  return openGoogleApi(options);
};

/** Logins and repositories of Artifact Registry, with the application default credentials. */
export function artifactRegistry(options: GoogleCloudBuildOptions = {}): RegistryProvider {
  return providerWith(options, open);
}

/** The same with other credentials: for tests. */
export function providerWith(
  options: GoogleCloudBuildOptions,
  openApi: (options: GoogleCloudBuildOptions) => Promise<GoogleApi>,
): RegistryProvider {
  let opened: Promise<GoogleApi> | undefined;
  const api = (): Promise<GoogleApi> => {
    opened ??= openApi(options);
    return opened;
  };
  const matches = (registry: string): boolean => isArtifactRegistry(registry, options.endpoints?.registries);
  let known: { readonly token: string; readonly expires: number } | undefined;

  const credentials: CredentialProvider = async ({ registry, refresh = false, signal = never }) => {
    if (!matches(registry)) return undefined;
    if (refresh || known === undefined || known.expires - margin < Date.now()) {
      try {
        known = await (await api()).token({ refresh, signal });
      } catch (error) {
        signal.throwIfAborted();
        throw explainCall(error, {
          doing: `get a token for "${registry}"`,
          resource: `registry "${registry}"`,
          project: options.project,
        });
      }
    }
    return { kind: "basic", username: "oauth2accesstoken", password: known.token };
  };

  return {
    name: "artifact-registry",
    matches,
    credentials,
    classifyAbsence,
    ...(options.createRepository === undefined || options.createRepository === false
      ? {}
      : { ensureRepository: createMissing(options, options.createRepository, api) }),
  };
}

function createMissing(
  options: GoogleCloudBuildOptions,
  creation: Exclude<GoogleCloudBuildOptions["createRepository"], undefined | false>,
  api: () => Promise<GoogleApi>,
): NonNullable<RegistryProvider["ensureRepository"]> {
  return async ({ registry, repository }, { signal = never }) => {
    const parsed = parseArtifactRepository(registry, repository, options.location ?? "global");
    // What is wrong with the name is said by the push, which comes next.
    if (parsed === undefined) return;
    const { ensureRepository } = await import("./ensure-repository.ts");
    await ensureRepository(await api(), parsed, creation, {
      endpoint: options.endpoints?.artifactRegistry ?? artifactRegistryApi,
      signal,
      sleep: async (ms, until) => void (await sleepFor(ms, undefined, { signal: until })),
    });
  };
}
