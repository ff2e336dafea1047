import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type FakeAws, type FakeAwsOptions, startFakeAws } from "@imagespec/cloud-testbed";
import { type BuildEvent, type BuildOptions, ImageBuildEngine, ImageSpec, type ImageSpecInput } from "@imagespec/core";
import { openContentStore, openLocalImageStore } from "@imagespec/image-store";
import { makeWheel, serveIndex } from "@imagespec/plugin-kit/wheels";
import { RegistryClient } from "@imagespec/registry-client";
import { detectUvSettings, fetchUv, indexAccess } from "@imagespec/resolver";
import { requireStack, type SkippableTest, type Stack, temporaryFolder } from "@imagespec/test-support";
import { type AwsCodebuildOptions, awsCodebuild } from "../../src/index.ts";
import { registries } from "../../src/registries.ts";

/** An account of its own, with an engine, an index and a folder. */
export interface TestBench extends AsyncDisposable {
  readonly stack: Stack;
  readonly fake: FakeAws;
  readonly options: AwsCodebuildOptions;
  readonly root: string;
  readonly client: RegistryClient;
  /** `http://…/simple`, with the packages `alpha` (needs `beta`) and `beta`. */
  readonly index: string;
  readonly base: string;
  readonly engine: ImageBuildEngine;
  readonly events: BuildEvent[];
  newName(): string;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  build(input: ImageSpecInput, options?: Partial<BuildOptions>): ReturnType<ImageBuildEngine["build"]>;
  /** What was asked of AWS, by operation. */
  count(operation: string): number;
  /** What a container of an image prints. */
  run(reference: string, ...args: readonly string[]): Promise<string>;
  /** Tags that builds left in a repository. */
  leftTags(name: string): Promise<readonly string[]>;
}

let count = 0;

export async function testBench(
  context: SkippableTest,
  given: { readonly fake?: Omit<FakeAwsOptions, "stack">; readonly options?: AwsCodebuildOptions } = {},
): Promise<TestBench> {
  const stack = await requireStack(context);
  const fake = await startFakeAws({ stack, ...given.fake });
  const folder = await temporaryFolder();
  const root = join(folder.path, "project");
  await mkdir(root);
  const cacheFolder = join(folder.path, "cache");
  await bringUv(cacheFolder);
  const index = await serveIndex(
    [makeWheel({ name: "alpha", version: "1.0", requires: ["beta"] }), makeWheel({ name: "beta", version: "2.0" })],
    { host: "0.0.0.0", hostname: stack.hostAddress(), unref: true },
  );
  const options: AwsCodebuildOptions = {
    ...accessTo(fake),
    project: fake.project,
    bucket: fake.bucket,
    dialect: "base",
    polling: { firstMs: 50, maxMs: 200, logMs: 50 },
    ...given.options,
  };
  const client = new RegistryClient({ providers: registries(options), proxy: {} });
  const store = await openLocalImageStore(cacheFolder);
  const engine = new ImageBuildEngine({
    builders: [awsCodebuild(options)],
    registryClient: client,
    store,
    cacheFolder,
  });
  const events: BuildEvent[] = [];
  return {
    stack,
    fake,
    options,
    root,
    client,
    index: index.url,
    base: `${stack.registry}/library/python:3.12-slim`,
    engine,
    events,
    newName: () => `acme/codebuild-${process.pid}-${Date.now().toString(36)}-${count++}`,
    async write(files) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(root, name)), { recursive: true });
        await writeFile(join(root, name), content);
      }
    },
    build: (input, more = {}) =>
      engine.build(new ImageSpec(input), {
        root,
        registry: fake.registry,
        onEvent: (event) => void events.push(event),
        ...more,
      }),
    count: (operation) => fake.requests.filter((request) => request.operation === operation).length,
    async run(reference, ...args) {
      const login = await client.credentials(fake.registry);
      if (login?.kind !== "basic") throw new Error("ECR gave no login");
      const auth = Buffer.from(`${login.username}:${login.password}`).toString("base64");
      const config = join(folder.path, "docker");
      await mkdir(config, { recursive: true });
      await writeFile(join(config, "config.json"), JSON.stringify({ auths: { [fake.registry]: { auth } } }));
      return (await stack.docker(["--config", config, "run", "--rm", reference, ...args])).stdout;
    },
    async leftTags(name) {
      const tags = await client.tags({ registry: fake.registry, repository: name });
      return tags.filter((tag) => tag.startsWith("imagespec-"));
    },
    async [Symbol.asyncDispose]() {
      await engine.close();
      await client.close();
      await index.close();
      await fake[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** What the plugin has to know to reach the account; its repositories are made. */
export function accessTo(fake: FakeAws): AwsCodebuildOptions {
  const { codebuild, ecr, s3, logs, sts } = fake.endpoints;
  return {
    region: fake.region,
    credentials: fake.credentials,
    endpoints: { codebuild, ecr, s3, logs, sts },
    registries: [fake.registry],
    repository: { ensure: true },
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
