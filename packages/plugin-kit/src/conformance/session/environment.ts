import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RegistryClient } from "@imagespec/registry-client";
import { createRegistryHandler } from "@imagespec/registry-server";
import { type TemporaryFolder, temporaryFolder } from "../../disk/temporary-folder.ts";
import { type IndexFixture, serveIndex } from "../../wheels/serve-index.ts";
import type { ConformanceSettings } from "../settings.ts";
import { writeMadeBase } from "./made-base.ts";
import { madeWheels } from "./made-wheels.ts";
import { repositoryName } from "./repository-name.ts";

/** A request that the embedded registry answered. */
export interface RegistryRequest {
  readonly method: string;
  readonly path: string;
}

/** Registry, package index, base and folder of a run of the suite. Nothing of it keeps the process alive. */
export interface Environment extends AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly client: RegistryClient;
  /** Host and port. */
  readonly registry: string;
  readonly base: string;
  /** Repository of bases that the suite makes. */
  readonly baseRepository: string;
  readonly indexUrl: string;
  /** Served by the index; more can be added. */
  readonly wheels: IndexFixture[];
  /** Projects whose page the index holds back until the client leaves: name to what is called when it is asked for. */
  readonly held: Map<string, () => void>;
  /** What the embedded registry was asked; nothing of another one. */
  readonly registryRequests: readonly RegistryRequest[];
  /** The index as it is, behind a login. */
  loginIndexUrl(login: string): Promise<string>;
}

/** @throws what the settings' own servers throw */
export async function openEnvironment(settings: ConformanceSettings): Promise<Environment> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await openParts(settings, closers)), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openParts(
  settings: ConformanceSettings,
  closers: (() => Promise<unknown>)[],
): Promise<Omit<Environment, typeof Symbol.asyncDispose>> {
  const serve = settings.serveIndex ?? serveIndex;
  const folder = await temporaryFolder("imagespec-conformance-");
  // For runs of some tests alone, after which test runners end the process.
  const removeAtExit = (): void => rmSync(folder.path, { recursive: true, force: true });
  process.once("exit", removeAtExit);
  closers.push(async () => {
    process.off("exit", removeAtExit);
    await folder[Symbol.asyncDispose]();
  });
  const embedded = settings.registry === undefined ? await openRegistry() : undefined;
  if (embedded !== undefined) closers.push(() => embedded.close());
  const registry = settings.registry ?? embedded?.address ?? "";
  const { providers } = settings;
  // Without credentials of its own the client asks the providers first, and docker's configuration last.
  const client = new RegistryClient(
    embedded === undefined ? { providers } : { credentials: async () => ({ kind: "anonymous" }), providers },
  );
  closers.push(() => client.close());
  const wheels = madeWheels();
  const held = new Map<string, () => void>();
  const index = await serve(wheels, {
    unref: true,
    onRequest: async (path, gone) => {
      const arrived = held.get(path.split("/")[2] ?? "");
      if (arrived === undefined) return;
      arrived();
      await new Promise<void>((resolve) => gone.addEventListener("abort", () => resolve(), { once: true }));
    },
  });
  closers.push(() => index.close());
  const logins = new Map<string, Promise<{ readonly url: string; close(): Promise<void> }>>();
  closers.push(async () => {
    for (const server of logins.values()) await (await server).close();
  });
  let { base } = settings;
  const baseRepository = repositoryName(settings, "base");
  if (base === undefined) {
    await writeMadeBase(client.repository({ registry, repository: baseRepository }), "made");
    base = `${registry}/${baseRepository}:made`;
  }
  return {
    folder,
    client,
    registry,
    base,
    baseRepository,
    indexUrl: index.url,
    wheels,
    held,
    registryRequests: embedded?.requests ?? [],
    async loginIndexUrl(login) {
      const server = logins.get(login) ?? serve(wheels, { login, unref: true });
      logins.set(login, server);
      return (await server).url;
    },
  };
}

interface EmbeddedRegistry {
  readonly address: string;
  readonly requests: readonly RegistryRequest[];
  close(): Promise<void>;
}

async function openRegistry(): Promise<EmbeddedRegistry> {
  const requests: RegistryRequest[] = [];
  const handler = createRegistryHandler({ onRequest: ({ method, path }) => requests.push({ method, path }) });
  const server = createServer(handler.handler);
  server.unref();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Holds: a server that listens on a port has one.
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await handler.close();
    },
  };
}
