import { type ImageSpecError, isImageSpecError } from "@imagespec/errors";
import {
  type CopyImageOptions,
  type CopyImageResult,
  copyImage,
  RegistryClient,
  type RegistryClientOptions,
  type Repository,
  type RetryInfo,
  staticCredentials,
} from "@imagespec/registry-client";
import { expect } from "vitest";
import { type FaultProxy, type FaultRule, startFaultProxy } from "../src/index.ts";
import { contentOf, MemoryMedium, type SampleImage, sampleImage } from "./memory-image.ts";

/** A proxy in front of a registry, with a client on either side of it. */
export interface FaultBench extends AsyncDisposable {
  readonly proxy: FaultProxy;
  /** Through the proxy. */
  readonly client: RegistryClient;
  /** Past the proxy. */
  readonly direct: RegistryClient;
  readonly target: string;
  readonly image: SampleImage;
  /** What the client through the proxy repeated. */
  readonly retries: readonly RetryInfo[];
  repository(name?: string): Repository;
  /** The repository past the proxy. */
  stored(name?: string): Repository;
}

export interface BenchOptions extends RegistryClientOptions {
  readonly faults?: readonly FaultRule[];
  readonly repository?: string;
  /** As `user:password` for both clients. */
  readonly login?: string;
}

let benches = 0;

export async function openBench(target: string, options: BenchOptions = {}): Promise<FaultBench> {
  const { faults = [], login, repository: name = "acme/train", ...clientOptions } = options;
  const proxy = await startFaultProxy({ target, faults });
  const [username = "", password = ""] = login?.split(":") ?? [];
  const credentials = staticCredentials(
    login === undefined
      ? {}
      : {
          [proxy.address]: { kind: "basic", username, password },
          [target]: { kind: "basic", username, password },
        },
  );
  const retries: RetryInfo[] = [];
  const client = new RegistryClient({
    credentials,
    proxy: {},
    timeoutMs: 250,
    retry: { attempts: 4, minDelayMs: 1, maxDelayMs: 4 },
    onRetry: (info) => retries.push(info),
    ...clientOptions,
  });
  const direct = new RegistryClient({ credentials, proxy: {} });
  benches++;
  return {
    proxy,
    client,
    direct,
    target,
    retries,
    image: sampleImage(`${process.pid} ${benches}`),
    repository: (other = name) => client.repository({ registry: proxy.address, repository: other }),
    stored: (other = name) => direct.repository({ registry: target, repository: other }),
    async [Symbol.asyncDispose]() {
      await Promise.all([client.close(), direct.close()]);
      await proxy.close();
    },
  };
}

/** Pushes the image of the bench through the proxy. */
export async function push(bench: FaultBench, options: CopyImageOptions = {}): Promise<CopyImageResult> {
  return copyImage(bench.image.medium, { tag: "v1" }, bench.repository(), { tag: "v1", ...options });
}

/** Puts the image into the registry, past the proxy. */
export async function seed(bench: FaultBench, name?: string): Promise<void> {
  await copyImage(bench.image.medium, { tag: "v1" }, bench.stored(name), { tag: "v1" });
}

/** Pulls the image through the proxy, and checks every byte. */
export async function pull(bench: FaultBench, options: CopyImageOptions = {}): Promise<void> {
  const medium = new MemoryMedium();
  await copyImage(bench.repository(), { tag: "v1" }, medium, { tag: "v1", ...options });
  expect(contentOf(medium)).toEqual(contentOf(bench.image.medium));
}

/** The image is in the registry as it is in memory, and tagged. */
export async function expectWhole(bench: FaultBench, name?: string): Promise<void> {
  const repository = bench.stored(name);
  const medium = new MemoryMedium();
  await copyImage(repository, { tag: "v1" }, medium, { tag: "v1" });
  expect(contentOf(medium)).toEqual(contentOf(bench.image.medium));
  expect(await repository.tags()).toEqual(["v1"]);
}

/** Nothing of the image can be seen: neither by tag nor by digest. */
export async function expectNothingPublished(bench: FaultBench): Promise<void> {
  const repository = bench.stored();
  expect(await repository.headManifest({ tag: "v1" })).toBeUndefined();
  expect(await repository.headManifest({ digest: bench.image.manifest.digest })).toBeUndefined();
}

/** Every rule hit something: a case whose fault never happened would prove nothing. */
export function expectHit(bench: FaultBench, rules: readonly FaultRule[]): void {
  const hit = new Set([...bench.proxy.requests, ...bench.proxy.otherHostRequests].flatMap(({ faults }) => [...faults]));
  for (const { fault } of rules) expect(hit).toContain(fault.kind);
}

/** The error that work rejects with, which explains itself: a message in the house's form, and a hint that starts with a verb. */
export async function failureOf(work: Promise<unknown>): Promise<ImageSpecError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isImageSpecError(error)) throw error ?? new Error("expected a failure");
  expect(error.message).toMatch(/^["a-z].*[^.]$/s);
  expect(error.message).toMatch(/"[^"]+"|aborted/);
  if (error.hint !== undefined) expect(error.hint).toMatch(/^[a-z]+ /);
  return error;
}
