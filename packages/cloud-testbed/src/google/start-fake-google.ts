import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Stack, StackEngineName } from "@imagespec/test-support";
import { removeImages } from "../shared/docker-command.ts";
import { startRegistryProcess } from "../shared/registry-process.ts";
import { createRegistryReader } from "../shared/registry-reader.ts";
import { createRequestLog, type RecordedRequest as RegistryRequest } from "../shared/request-log.ts";
import { type AccessToken, createTokens } from "./auth/create-tokens.ts";
import { serveTokens } from "./auth/serve-tokens.ts";
import type { BuildScript } from "./build/build-script.ts";
import { createCloudBuild } from "./build/create-cloud-build.ts";
import { createDenials, type Denials } from "./gate/denials.ts";
import { createFaults, type GoogleFaults } from "./gate/faults.ts";
import { createGate, type RecordedRequest } from "./gate/gate.ts";
import { createRepositories } from "./registry/create-repositories.ts";
import { serveArtifactRegistry } from "./registry/serve-artifact-registry.ts";
import { registryRefusal, serveRegistry } from "./registry/serve-registry.ts";
import { createSecretManager } from "./secrets/create-secret-manager.ts";
import { serveSecretManager } from "./secrets/serve-secret-manager.ts";
import { createBuckets } from "./storage/create-buckets.ts";
import { serveStorage } from "./storage/serve-storage.ts";
import { createCloudBuildCalls } from "./transport/cloud-build-calls.ts";
import { serveGrpc } from "./transport/serve-grpc.ts";
import { serveRest } from "./transport/serve-rest.ts";

/** APIs of a project that can be switched off. */
export type GoogleApi =
  | "artifactregistry.googleapis.com"
  | "cloudbuild.googleapis.com"
  | "secretmanager.googleapis.com"
  | "storage.googleapis.com";

/** How the fake is set up. */
export interface FakeGoogleOptions {
  /** Builds run on its engine. */
  readonly stack: Stack;
  /** @default the stack's first */
  readonly engine?: StackEngineName;
  /** @default "acme-images" */
  readonly project?: string;
  /** The region whose registry is `registry`. @default "europe-west1" */
  readonly location?: string;
  /** Buckets of the project that are there from the beginning. @default `<project>_imagespec` */
  readonly buckets?: readonly string[];
  /** Repositories of the region that are there from the beginning. @default ["images"] */
  readonly repositories?: readonly string[];
  /** Ids of the private pools of the region. @default none */
  readonly pools?: readonly string[];
  /** Seconds that access tokens of the caller live. @default 3600 */
  readonly tokenSeconds?: number;
  /** Milliseconds that a second of time limits (`timeout`, `queueTtl`) takes. @default 1000 */
  readonly secondMs?: number;
  /** Milliseconds in the queue. @default 50 */
  readonly queueMs?: number;
  /** Milliseconds between two writes of a log object. @default 50 */
  readonly flushMs?: number;
}

/** Where the services listen. */
export interface FakeGoogleEndpoints {
  /** gRPC without TLS on `host:port`; `rest` is the URL of the same service over REST. */
  readonly cloudbuild: {
    readonly host: string;
    readonly port: number;
    readonly insecure: true;
    readonly rest: string;
  };
  /** `http://127.0.0.1:PORT`, as are the ones below. */
  readonly storage: string;
  readonly artifactRegistry: string;
  readonly secretManager: string;
  /** The token endpoint. The metadata server is at the same place. */
  readonly token: string;
}

/** A Google Cloud that does the work on this machine. */
export interface FakeGoogle {
  readonly endpoints: FakeGoogleEndpoints;
  readonly project: string;
  readonly projectNumber: string;
  readonly location: string;
  /** First of the buckets. */
  readonly bucket: string;
  /** `host:port` in the place of `LOCATION-docker.pkg.dev`; references are `registry/PROJECT/REPOSITORY/IMAGE`. */
  readonly registry: string;
  /** Content of a credentials file, and its path, for `GOOGLE_APPLICATION_CREDENTIALS`. */
  readonly credentials: { readonly json: object; readonly file: string };
  /** E-mail addresses of who calls and of who builds when the request names nobody. */
  readonly principals: { readonly caller: string; readonly builder: string };
  /** An access token of the caller. */
  token(lifetimeMs?: number): AccessToken;
  /** Makes every token of the caller worthless. Those of builds go on. */
  revokeTokens(): void;
  readonly faults: GoogleFaults;
  readonly denials: Pick<Denials, "deny" | "clear">;
  /** Everything that was asked, but for the registry. */
  readonly requests: readonly RecordedRequest[];
  readonly registryRequests: readonly RegistryRequest[];
  /** What the next builds do otherwise, one script for each. */
  scriptBuilds(...scripts: readonly BuildScript[]): void;
  /** Switches an API of the project off, or on again. */
  setApi(api: GoogleApi, enabled: boolean): void;
  /** Adds a version of a secret; gives its name, `projects/P/secrets/S/versions/N`. */
  addSecret(secret: string, value: string): string;
  /** Adds a bucket. @param owner number of its project. @default this project's */
  addBucket(name: string, owner?: string): void;
  /** Content of an object, or nothing. */
  readObject(bucket: string, object: string): string | undefined;
  /** Names of a bucket's objects. */
  listObjects(bucket: string): readonly string[];
  addRepository(id: string, options?: { readonly immutableTags?: boolean }): void;
  /** Digest of a manifest in the registry, past its front. */
  digestOf(repository: string, reference: string): Promise<string | undefined>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const projectNumber = "123456789012";

/**
 * Starts the fake: Cloud Build, Cloud Storage, Artifact Registry, Secret Manager and the token endpoint, each on a port of its own.
 *
 * @throws ENGINE_DOWN when the registry behind it does not start
 */
export async function startFakeGoogle(options: FakeGoogleOptions): Promise<FakeGoogle> {
  const { stack, engine, project = "acme-images", location = "europe-west1" } = options;
  const bucketNames = options.buckets ?? [`${project}_imagespec`];
  const folder = await mkdtemp(path.join(tmpdir(), "fake-google-"));
  const principals = {
    caller: `ci@${project}.iam.gserviceaccount.com`,
    builder: `${projectNumber}-compute@developer.gserviceaccount.com`,
  };
  const faults = createFaults();
  const denials = createDenials();
  const gate = createGate(faults, denials);
  const tokens = createTokens();
  const buckets = createBuckets();
  const secrets = createSecretManager(project, projectNumber);
  const repositories = createRepositories();
  const registryRequests = createRequestLog();
  const disabled = new Set<GoogleApi>();
  const enabled = (api: GoogleApi) => () => !disabled.has(api);

  const tokenService = await serveTokens({
    ...{ tokens, gate, project, projectNumber, folder, principal: principals.caller },
    lifetimeSeconds: options.tokenSeconds ?? 3600,
    refuseRepository: (...asked) => registryRefusal({ denials, project, location }, ...asked),
  });
  const process = await startRegistryProcess(folder);
  const reader = createRegistryReader(process.url);
  const registry = await serveRegistry({
    ...{ reader, repositories, tokens, faults, denials, project, location },
    upstream: process.url,
    requests: registryRequests,
    realm: `${tokenService.url}/v2/token`,
    enabled: enabled("artifactregistry.googleapis.com"),
  });
  const artifactRegistry = await serveArtifactRegistry({
    ...{ repositories, reader, tokens, gate, project, projectNumber },
    enabled: enabled("artifactregistry.googleapis.com"),
    hostOf: (asked) => (asked === location ? registry.host : undefined),
    creationMs: 50,
  });
  const storage = await serveStorage({
    ...{ buckets, tokens, gate, caller: principals.caller },
    projectNumber: (asked) => (asked === project || asked === projectNumber ? projectNumber : undefined),
    enabled: enabled("storage.googleapis.com"),
  });
  const secretManager = await serveSecretManager({
    ...{ secrets, tokens, gate, project },
    enabled: enabled("secretmanager.googleapis.com"),
  });
  const cloudBuild = createCloudBuild(
    {
      ...{ stack, engine, buckets, tokens, denials, secrets, reader, project, projectNumber },
      registries: [registry.host],
      folder: path.join(folder, "builds"),
      secondMs: options.secondMs ?? 1000,
      queueMs: options.queueMs ?? 50,
      flushMs: options.flushMs ?? 50,
    },
    (options.pools ?? []).map((pool) => `projects/${project}/locations/${location}/workerPools/${pool}`),
    enabled("cloudbuild.googleapis.com"),
  );
  const calls = createCloudBuildCalls(cloudBuild, gate, project);
  const grpc = await serveGrpc(calls);
  const rest = await serveRest(calls, tokens);

  for (const name of bucketNames) buckets.create(name, projectNumber, { location });
  // Google's own bucket for logs, which belongs to no project of a user.
  buckets.create(`${projectNumber}.cloudbuild-logs.googleusercontent.com`, "0", {});
  for (const id of options.repositories ?? ["images"]) repositories.create(project, location, id);

  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    await cloudBuild.close();
    for (const service of [grpc, rest, secretManager, storage, artifactRegistry, registry, tokenService]) {
      await service.close();
    }
    await process.stop();
    await removeImages(stack, registry.host, engine);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const close = () => {
    closing ??= closeAll();
    return closing;
  };
  return {
    endpoints: {
      cloudbuild: { host: grpc.host, port: grpc.port, insecure: true, rest: rest.url },
      storage: storage.url,
      artifactRegistry: artifactRegistry.url,
      secretManager: secretManager.url,
      token: tokenService.url,
    },
    ...{ project, projectNumber, location, principals, faults, denials },
    bucket: bucketNames[0] ?? "",
    registry: registry.host,
    credentials: { json: tokenService.credentials, file: tokenService.credentialsFile },
    token: (lifetimeMs) => tokens.issue(principals.caller, lifetimeMs),
    revokeTokens: () => tokens.revoke(principals.caller),
    requests: gate.requests,
    registryRequests: registryRequests.entries,
    scriptBuilds: (...scripts) => cloudBuild.script(...scripts),
    setApi(api, on) {
      if (on) disabled.delete(api);
      else disabled.add(api);
    },
    addSecret: (secret, value) => secrets.add(secret, value),
    addBucket(name, owner = projectNumber) {
      buckets.create(name, owner, {});
    },
    readObject: (bucket, object) =>
      [...buckets.all()]
        .find(({ name }) => name === bucket)
        ?.objects.get(object)
        ?.bytes.toString(),
    listObjects: (bucket) => [...buckets.bucket(bucket).objects.keys()],
    addRepository(id, { immutableTags = false } = {}) {
      repositories.create(project, location, id, { format: "DOCKER", dockerConfig: { immutableTags } });
    },
    digestOf: async (repository, reference) => (await reader.manifest(repository, reference))?.digest,
    close,
    [Symbol.asyncDispose]: close,
  };
}
