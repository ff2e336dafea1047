import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type BuildEvent, type BuildOptions, ImageBuildEngine, ImageSpec, type ImageSpecInput } from "@imagespec/core";
import { openContentStore, openLocalImageStore } from "@imagespec/image-store";
import { makeWheel, serveIndex } from "@imagespec/plugin-kit/wheels";
import { RegistryClient } from "@imagespec/registry-client";
import { detectUvSettings, fetchUv, indexAccess } from "@imagespec/resolver";
import {
  requireStack,
  type SkippableTest,
  type Stack,
  type StackDaemonName,
  temporaryFolder,
} from "@imagespec/test-support";
import { type BuildkitBuilderOptions, buildkit } from "../../../src/index.ts";

/** A daemon of the stack with an engine, an index, a registry and a folder of its own. */
export interface TestBench extends AsyncDisposable {
  readonly stack: Stack;
  readonly host: string;
  readonly folder: string;
  readonly root: string;
  readonly client: RegistryClient;
  /** `http://…/simple`, with the packages `alpha` (needs `beta`), `beta` and the source distribution `gamma`. */
  readonly index: string;
  readonly base: string;
  readonly engine: ImageBuildEngine;
  readonly events: BuildEvent[];
  /** A repository that nothing was built into. */
  newName(): string;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  build(input: ImageSpecInput, options?: Partial<BuildOptions>): ReturnType<ImageBuildEngine["build"]>;
  /** What a container of an image prints. */
  run(reference: string, args?: readonly string[]): Promise<string>;
}

let count = 0;

export async function testBench(
  context: SkippableTest,
  daemon: StackDaemonName,
  options: BuildkitBuilderOptions = {},
): Promise<TestBench> {
  const isEngine = daemon !== "buildkitd";
  const stack = await requireStack(context, isEngine ? { engines: [daemon] } : { buildkitd: true });
  const host = isEngine ? stack.engines[daemon]?.dockerHost : stack.buildkit?.address;
  if (host === undefined) throw new Error(`the stack has no ${daemon}`);
  const folder = await temporaryFolder();
  const root = join(folder.path, "project");
  await mkdir(root);
  const cacheFolder = join(folder.path, "cache");
  await bringUv(cacheFolder);
  const index = await serveIndex(
    [
      makeWheel({ name: "alpha", version: "1.0", requires: ["beta"] }),
      makeWheel({ name: "beta", version: "2.0" }),
      makeWheel({ name: "delta", version: "4.0" }),
    ],
    { host: "0.0.0.0", hostname: stack.hostAddress(daemon), unref: true },
  );
  const client = new RegistryClient({
    credentials: async () => ({ kind: "anonymous" }),
    proxy: {},
    mirrors: { "docker.io": [`http://${stack.registry}`] },
  });
  const store = await openLocalImageStore(cacheFolder);
  const builders = [
    buildkit(options.hosts === undefined && options.builder === undefined ? { host, ...options } : options),
  ];
  const engine = new ImageBuildEngine({ builders, registryClient: client, store, cacheFolder });
  const events: BuildEvent[] = [];
  return {
    stack,
    host,
    folder: folder.path,
    root,
    client,
    index: index.url,
    base: `${stack.registry}/library/python:3.12-slim`,
    engine,
    events,
    newName: () => `acme/buildkit-${process.pid}-${Date.now().toString(36)}-${count++}`,
    async write(files) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(root, name)), { recursive: true });
        await writeFile(join(root, name), content);
      }
    },
    build: (input, more = {}) =>
      engine.build(new ImageSpec(input), {
        root,
        registry: stack.registry,
        onEvent: (event) => void events.push(event),
        ...more,
      }),
    async run(reference, args = []) {
      const run = ["run", "--rm", reference, ...args];
      return (await stack.docker(run, isEngine ? { engine: daemon } : {})).stdout;
    },
    async [Symbol.asyncDispose]() {
      await engine.close();
      await client.close();
      await index.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** uv for images is fetched once for all tests of this machine, not once for each of their folders. */
async function bringUv(cacheFolder: string): Promise<void> {
  const settings = detectUvSettings();
  const nothing = { pipIndex: undefined, pipExtraIndexUrl: [], indexCredentials: [], secrets: [] };
  const index = await indexAccess(nothing, settings, async () => "");
  const shared = await openContentStore(join(tmpdir(), "imagespec-test-uv"));
  const { signal } = new AbortController();
  const { digest, path } = await fetchUv({ platform: "linux/amd64", content: shared, index, settings, signal });
  const content = await openContentStore(cacheFolder);
  await content.write(createReadStream(path), { expected: digest });
}
