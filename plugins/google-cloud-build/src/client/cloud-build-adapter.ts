import type { CloudBuildClient as SdkClient } from "@google-cloud/cloudbuild";
import { ImageSpecError } from "@imagespec/errors";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { abandonable } from "./abandonable.ts";
import type { BuildState } from "./build-state.ts";
import type { CallOptions, CloudBuildClient } from "./cloud-build-client.ts";
import { parseBuild } from "./parse-build.ts";
import { type TokenReceiver, tokenSource, useTokens } from "./token-source.ts";

/** The modules of the client library; tests give those of another major. */
export interface CloudBuildModules {
  readonly cloudBuild: Pick<typeof import("@google-cloud/cloudbuild"), "CloudBuildClient">;
  readonly gax: Pick<typeof import("google-gax"), "grpc">;
}

const load = async (): Promise<CloudBuildModules> => {
  const [cloudBuild, gax] = await Promise.all([import("@google-cloud/cloudbuild"), import("google-gax")]);
  return { cloudBuild, gax };
};

/** Milliseconds for one call. */
const callTimeoutMs = 60_000;

/** {@link CloudBuildClient} by Google's client library, over gRPC or over REST. */
export async function openCloudBuild(
  { project, location }: { readonly project: string; readonly location: string },
  { endpoints, transport, accessToken }: Pick<GoogleCloudBuildOptions, "endpoints" | "transport" | "accessToken">,
  modules: () => Promise<CloudBuildModules> = load,
): Promise<CloudBuildClient> {
  const { cloudBuild, gax } = await modules();
  const { host, port, insecure = false } = endpoints?.cloudBuild ?? {};
  const isRest = transport === "rest";
  const client = new cloudBuild.CloudBuildClient({
    projectId: project,
    // Regions are only known to endpoints of their own.
    ...(location === "global" ? {} : { apiEndpoint: `${location}-cloudbuild.googleapis.com` }),
    ...(host === undefined ? {} : { apiEndpoint: host }),
    ...(port === undefined ? {} : { port }),
    fallback: isRest,
    ...(insecure && !isRest ? { sslCreds: gax.grpc.credentials.createInsecure() } : {}),
    // Read at run time, though the types do not know it.
    ...(insecure && isRest ? { protocol: "http" } : {}),
  });
  const source = tokenSource(accessToken);
  // Both forms of it are a GoogleAuth: no client of our own is given.
  if (source !== undefined) useTokens(client.auth as unknown as TokenReceiver, source);
  // Every call begins it and leaves its failure unhandled, which would end the process.
  await client.initialize();
  return fromSdk(client, `projects/${project}/locations/${location}`);
}

function fromSdk(client: SdkClient, parent: string): CloudBuildClient {
  // Retried by the one who calls: over REST the library would not, over gRPC for ten minutes.
  const options = { retry: null, timeout: callTimeoutMs };
  // With `parent` or `name` alone: a project beside it makes the REST transport choose the URL without the region.
  const nameOf = (id: string): string => `${parent}/builds/${id}`;
  return {
    async createBuild(build, { signal }) {
      // The fields of the message are those of the protocol; a test holds them to it.
      const request = { parent, build } as Parameters<SdkClient["createBuild"]>[0];
      const [operation] = await abandonable(client.createBuild(request, { ...options }), signal);
      return firstState(operation.metadata);
    },
    async getBuild(id, { signal }) {
      const [build] = await abandonable(client.getBuild({ name: nameOf(id) }, { ...options }), signal);
      return parseBuild(build);
    },
    async listBuilds(filter, { signal }) {
      const request = {
        parent,
        ...("tag" in filter ? { filter: `tags="${filter.tag}"`, pageSize: 50 } : { pageSize: filter.first }),
      };
      const [builds] = await abandonable(client.listBuilds(request, { ...options, autoPaginate: false }), signal);
      return builds.map(parseBuild);
    },
    async cancelBuild(id, { signal }: CallOptions) {
      const [build] = await abandonable(client.cancelBuild({ name: nameOf(id) }, { ...options }), signal);
      return parseBuild(build);
    },
    close: () => client.close(),
  };
}

/** Of the build, which stands in the operation's metadata. */
function firstState(metadata: unknown): BuildState {
  const build = typeof metadata === "object" && metadata !== null && "build" in metadata ? metadata.build : undefined;
  const state = parseBuild(build);
  if (state.id !== "") return state;
  throw new ImageSpecError("BUILD_FAILED", "Cloud Build took the build, and did not say which id it has", {
    hint: "try again; look into the build history of the project for what it did",
    details: { provider: "google" },
  });
}
