import { join } from "node:path";
import { RegistryClient } from "@imagespec/registry-client";
import { type RegistryServer, type RegistryServerOptions, startRegistryServer } from "@imagespec/registry-server";
import type { ImageSpecBuilder } from "../builder/builder.ts";
import type { EngineOptions } from "../engine/build-options.ts";
import { ImageBuildEngine } from "../engine/image-build-engine.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** One request that the registry answered: `PUT /v2/acme/a/manifests/x 201`. */
type Request = string;

/** A registry, a cache folder and engines on them; all end with it. */
export interface TestBench extends AsyncDisposable {
  readonly folder: string;
  readonly cacheFolder: string;
  readonly registry: string;
  readonly requests: Request[];
  readonly client: RegistryClient;
  engine(builders: readonly ImageSpecBuilder[], options?: EngineOptions): ImageBuildEngine;
  stopRegistry(): Promise<void>;
}

export async function testBench(options: RegistryServerOptions = {}): Promise<TestBench> {
  const folder = await temporaryFolder();
  const requests: Request[] = [];
  const server: RegistryServer = await startRegistryServer({
    ...options,
    onRequest: ({ method, path, status }) => requests.push(`${method} ${path} ${status}`),
  });
  const cacheFolder = join(folder.path, "cache");
  const client = new RegistryClient({ retry: { attempts: 1 }, credentials: async () => ({ kind: "anonymous" }) });
  const engines: ImageBuildEngine[] = [];
  return {
    folder: folder.path,
    cacheFolder,
    registry: server.address,
    requests,
    client,
    engine(builders, engineOptions = {}) {
      const engine = new ImageBuildEngine({ builders, cacheFolder, registryClient: client, ...engineOptions });
      engines.push(engine);
      return engine;
    },
    stopRegistry: () => server.close(),
    async [Symbol.asyncDispose]() {
      for (const engine of engines) await engine.close();
      await client.close();
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
