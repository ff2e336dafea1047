import { assemble } from "@imagespec/builder-assemble";
import { type BuildEvent, ImageBuildEngine, type ImageResult, ImageSpec } from "@imagespec/core";
import { type ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { parseDigest } from "@imagespec/oci";
import { type FaultProxy, type FaultRule, startFaultProxy } from "@imagespec/plugin-kit";
import { RegistryClient, staticCredentials } from "@imagespec/registry-client";
import { type RegistryServer, type RegistryServerOptions, startRegistryServer } from "@imagespec/registry-server";
import { validateImage } from "@imagespec/test-support";
import { expect } from "vitest";
import { baseLogin, projectBehind, type SmallProject } from "./small-project.ts";

export type FaultyProject = SmallProject<FaultProxy>;

/** A project with a fault proxy in front of each of its servers, and the digest of its image when there is no fault. */
export interface FaultBench extends AsyncDisposable {
  readonly project: FaultyProject;
  readonly digest: string;
  /** A cold cache and an empty registry behind a fault proxy. */
  open(options?: RegistryServerOptions): Promise<FaultTarget>;
}

export interface FaultTarget extends AsyncDisposable {
  /** In front of the registry that is pushed to. */
  readonly target: FaultProxy;
  readonly events: readonly BuildEvent[];
  build(): Promise<ImageResult>;
  /** The image is in the registry as it should be, and nothing else is tagged. */
  expectWhole(result: ImageResult): Promise<void>;
  /** What a failed build leaves: no tag. The next build, without faults, makes the image. */
  expectNoTagAndRecovery(): Promise<void>;
}

export async function openFaultBench(upstream: RegistryServerOptions = {}): Promise<FaultBench> {
  const project = await projectBehind((address) => startFaultProxy({ target: address }), upstream);
  const open = (options: RegistryServerOptions = {}) => openTarget(project, options, () => bench.digest);
  const bench = {
    project,
    digest: "",
    open,
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
  await using first = await open();
  return Object.assign(bench, { digest: String((await first.build()).digest) });
}

async function openTarget(
  project: FaultyProject,
  options: RegistryServerOptions,
  digest: () => string,
): Promise<FaultTarget> {
  const server: RegistryServer = await startRegistryServer(options);
  const target = await startFaultProxy({ target: server.address });
  const login = { kind: "basic", ...baseLogin } as const;
  const credentials = staticCredentials({
    [target.address]: login,
    [server.address]: login,
    [project.upstream.address]: login,
  });
  const retry = { attempts: 4, minDelayMs: 1, maxDelayMs: 8 };
  const client = new RegistryClient({ proxy: {}, credentials, timeoutMs: 500, retry });
  const direct = new RegistryClient({ proxy: {}, credentials });
  const repository = direct.repository({ registry: server.address, repository: "acme/train" });
  const cacheFolder = project.newFolder();
  const engine = new ImageBuildEngine({
    builders: [assemble({ uv: project.uv })],
    registryClient: client,
    cacheFolder,
    env: {},
  });
  const events: BuildEvent[] = [];
  const tags = (): Promise<readonly string[]> =>
    repository.tags().catch((error: unknown) => {
      if (isImageSpecError(error, "REGISTRY_NOT_FOUND")) return [];
      throw error;
    });
  const faulty: FaultTarget = {
    target,
    events,
    build: () =>
      engine.build(new ImageSpec(project.spec), {
        registry: target.address,
        root: project.root,
        onEvent: (event) => events.push(event),
      }),
    async expectWhole(result) {
      if (digest() !== "") expect(result.digest).toBe(digest());
      expect(await tags()).toEqual([result.tag]);
      const stored = await repository.headManifest({ tag: result.tag });
      expect(stored?.digest).toBe(result.digest);
      expect(await validateImage(repository, { digest: parseDigest(String(result.digest)) })).toEqual([]);
    },
    async expectNoTagAndRecovery() {
      expect(await tags()).toEqual([]);
      for (const proxy of [target, project.index, project.upstream]) proxy.clear();
      await faulty.expectWhole(await faulty.build());
    },
    async [Symbol.asyncDispose]() {
      await engine.close();
      await Promise.all([client.close(), direct.close()]);
      await target.close();
      await server.close();
    },
  };
  return faulty;
}

/** Every rule hit something: a case whose fault never happened would prove nothing. */
export function expectHit(proxy: FaultProxy, rules: readonly FaultRule[]): void {
  const hit = new Set([...proxy.requests, ...proxy.otherHostRequests].flatMap(({ faults }) => [...faults]));
  for (const { fault } of rules) expect(hit).toContain(fault.kind);
}

/** The error that work rejects with, which explains itself. */
export async function failureOf(work: Promise<unknown>): Promise<ImageSpecError> {
  const error = await work.then(
    (value) => new Error(`expected a failure, got ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  );
  if (!isImageSpecError(error)) throw error;
  expect(error.message).toMatch(/"[^"]+"/);
  expect(error.hint ?? "").toMatch(/^[a-z]/);
  return error;
}
