import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type FakeGoogle, type FakeGoogleOptions, startFakeGoogle } from "@imagespec/cloud-testbed/google";
import { type BuildEvent, ImageBuildEngine, ImageSpec, type ImageSpecInput } from "@imagespec/core";
import { copyImage, RegistryClient } from "@imagespec/registry-client";
import type { Stack } from "@imagespec/test-support";
import { vi } from "vitest";
import { artifactRegistry, type GoogleCloudBuildOptions, googleCloudBuild } from "../../src/index.ts";
import { loginFolder } from "./login-folder.ts";

/** How a build through the bench goes on. */
export interface BenchBuild {
  readonly options?: GoogleCloudBuildOptions;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: BuildEvent) => void;
  readonly force?: boolean;
  readonly root?: string;
  readonly repository?: string;
  readonly allowEmulation?: boolean;
  /** Folder of the cache, for another machine than this one. */
  readonly cache?: string;
}

/** A fake Google Cloud, and engines that build on it with the credentials that it hands out. */
export interface Bench extends AsyncDisposable {
  readonly google: FakeGoogle;
  readonly folder: string;
  /** Options of the builder for the fake. */
  readonly options: GoogleCloudBuildOptions;
  /** A client of registries as this machine uses it. */
  readonly client: RegistryClient;
  /** A Python base in the fake's own registry: its layers are mounted from there instead of sent. */
  readonly base: string;
  readonly events: BuildEvent[];
  build(input: ImageSpecInput, more?: BenchBuild): ReturnType<ImageBuildEngine["build"]>;
  /** Requests of an operation so far. */
  requested(operation: string): readonly unknown[];
}

/** Opens a bench on a stack. */
export async function openBench(stack: Stack, fakeOptions: Partial<FakeGoogleOptions> = {}): Promise<Bench> {
  const google = await startFakeGoogle({ stack, ...fakeOptions });
  vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", google.credentials.file);
  vi.stubEnv("METADATA_SERVER_DETECTION", "none");
  const folder = await mkdtemp(path.join(tmpdir(), "google-bench-"));
  const options = benchOptions(google);
  const clientFor = (given: GoogleCloudBuildOptions): RegistryClient =>
    new RegistryClient({
      insecure: [stack.registry, google.registry],
      providers: [artifactRegistry(given)],
    });
  const client = clientFor(options);
  const base = await copyBase(client, stack, google);
  await writeFile(path.join(folder, "note.txt"), "a file\n");
  const events: BuildEvent[] = [];
  let count = 0;
  return {
    google,
    folder,
    options,
    client,
    base,
    events,
    requested: (operation) => google.requests.filter((request) => request.operation === operation),
    async build(input, more = {}) {
      const {
        options: own = {},
        repository = "images",
        root = folder,
        onEvent,
        signal: given,
        cache = "cache",
        ...build
      } = more;
      await using engine = new ImageBuildEngine({
        builders: [googleCloudBuild({ ...options, ...own })],
        cacheFolder: path.join(folder, cache),
        registryClient: own.createRepository === undefined ? client : clientFor({ ...options, ...own }),
      });
      count++;
      const spec = new ImageSpec({ baseImage: base, name: `app-${count}`, ...input });
      return await engine.build(spec, {
        root,
        registry: `${google.registry}/${google.project}/${repository}`,
        ...build,
        ...(given === undefined ? {} : { signal: given }),
        onEvent: (event) => {
          events.push(event);
          onEvent?.(event);
        },
      });
    },
    async [Symbol.asyncDispose]() {
      vi.unstubAllEnvs();
      await google.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function copyBase(client: RegistryClient, stack: Stack, google: FakeGoogle): Promise<string> {
  const from = client.repository({ registry: stack.registry, repository: "library/python" });
  const name = `${google.project}/images/python`;
  const to = client.repository({ registry: google.registry, repository: name });
  await copyImage(from, { tag: "3.12-slim" }, to, { tag: "3.12-slim" });
  const base = `${google.registry}/${name}:3.12-slim`;
  // An Engine mounts only layers that it has pulled itself: its BuildKit does not keep where they came from.
  await using login = await loginFolder(google);
  await stack.docker(["--config", login.path, "pull", "--quiet", base]);
  return base;
}

let count = 0;

/** A spec that needs no base and no network: its image is one small file. */
export function tinySpec(): ImageSpecInput {
  count++;
  return { baseImage: "scratch", copy: [{ from: "note.txt", to: "/note.txt" }], env: { NUMBER: `${count}` } };
}

/** The options with which the plugin speaks to a fake. */
export function benchOptions(google: FakeGoogle, transport: "grpc" | "rest" = "grpc"): GoogleCloudBuildOptions {
  const { cloudbuild, storage, artifactRegistry: api } = google.endpoints;
  const rest = new URL(cloudbuild.rest);
  const { host, port } = transport === "rest" ? { host: rest.hostname, port: Number(rest.port) } : cloudbuild;
  return {
    project: google.project,
    location: google.location,
    transport,
    endpoints: {
      cloudBuild: { host, port, insecure: true },
      storage,
      artifactRegistry: api,
      registries: [google.registry],
    },
    poll: { firstMs: 100, maxMs: 500, logMs: 100 },
  };
}
