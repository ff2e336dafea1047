import { createPoller, type Poller } from "@imagespec/cloud-support";
import { ImageSpecError } from "@imagespec/errors";
import { type BuildState, isTerminal } from "../client/build-state.ts";
import { openCloudBuild } from "../client/cloud-build-adapter.ts";
import type { CloudBuildClient } from "../client/cloud-build-client.ts";
import type { GoogleApi } from "../client/google-api.ts";
import { openGoogleApi } from "../client/google-auth-adapter.ts";
import type { StagingClient } from "../client/staging-client.ts";
import { openStaging } from "../client/storage-adapter.ts";
import { explainCall } from "../errors/explain-call.ts";
import { readFailure } from "../errors/google-failure.ts";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { type GooglePlace, googlePlace } from "../request/google-place.ts";

/** One project and location, with everything that all builds there share. */
export interface GoogleSession {
  readonly place: GooglePlace;
  readonly api: GoogleApi;
  readonly cloudBuild: CloudBuildClient;
  readonly staging: StagingClient;
  readonly poller: Poller<BuildState>;
}

/** The parts of a session that tests replace. */
export interface SessionParts {
  readonly api: typeof openGoogleApi;
  readonly cloudBuild: typeof openCloudBuild;
  readonly staging: typeof openStaging;
}

const own: SessionParts = { api: openGoogleApi, cloudBuild: openCloudBuild, staging: openStaging };

/**
 * Finds project and credentials, and opens the clients.
 *
 * @throws CLOUD_CREDENTIALS, CLOUD_PLACE, CLOUD_DOWN
 */
export async function openSession(
  options: GoogleCloudBuildOptions,
  signal: AbortSignal,
  parts: SessionParts = own,
): Promise<GoogleSession> {
  const api = await parts.api(options);
  const project = options.project ?? (await findProject(api, signal));
  const place = googlePlace(project, options);
  try {
    const [cloudBuild, staging] = await Promise.all([parts.cloudBuild(place, options), parts.staging(place, options)]);
    return { place, api, cloudBuild, staging, poller: pollerOf(cloudBuild, options) };
  } catch (error) {
    throw explainCall(error, { doing: "open a connection", resource: `project "${project}"`, project });
  }
}

async function findProject(api: GoogleApi, signal: AbortSignal): Promise<string> {
  try {
    const project = await api.project(signal);
    if (project !== "") return project;
  } catch (error) {
    signal.throwIfAborted();
    throw explainCall(error, { doing: "find the project", resource: "the credentials", project: undefined });
  }
  throw new ImageSpecError("CLOUD_PLACE", "no project of Google Cloud is known", {
    hint: 'set "project" in the options of the builder, or GOOGLE_CLOUD_PROJECT',
    details: { provider: "google" },
  });
}

/** Builds that are not known at first are left out; what else fails is the poller's to judge. */
function pollerOf(client: CloudBuildClient, { poll }: GoogleCloudBuildOptions): Poller<BuildState> {
  const { firstMs = 2000, maxMs = 10_000 } = poll ?? {};
  return createPoller<BuildState>({
    provider: "google",
    interval: { firstMs, maxMs },
    isFinal: isTerminal,
    isTransient: (error) => !["PERMISSION_DENIED", "UNAUTHENTICATED"].includes(readFailure(error).status),
    async fetch(ids, signal) {
      const found = await Promise.all(ids.map((id) => stateOf(client, id, signal)));
      return new Map(found.flatMap((state) => (state === undefined ? [] : [[state.id, state] as const])));
    },
  });
}

async function stateOf(client: CloudBuildClient, id: string, signal: AbortSignal): Promise<BuildState | undefined> {
  try {
    return await client.getBuild(id, { signal });
  } catch (error) {
    if (readFailure(error).status === "NOT_FOUND") return undefined;
    throw error;
  }
}
