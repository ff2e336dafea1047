import {
  type BuilderDefinition,
  type BuildOutcome,
  type BuildRequest,
  type Capability,
  defineBuilder,
  type ImageSpecBuilder,
  type ResolvedImageSpec,
} from "@imagespec/core";
import { abortedError, throwIfAborted } from "@imagespec/errors";
import { type ContainerConfig, encodeConfig, encodeManifest, mediaTypes, parsePlatform } from "@imagespec/oci";
import type { LayerEntry } from "../layer/layer-entry.ts";
import { once, type WrittenLayer, writeLayer } from "../layer/write-layer.ts";
import { type BaseFacts, readBaseFacts } from "./base-facts.ts";
import { findWheels } from "./find-wheels.ts";
import { imageConfig, keepsBaseUser } from "./image-config.ts";
import { skeletonEntries, sourceEntries, withParents } from "./image-entries.ts";
import { installWheels } from "./install-wheels.ts";

/** A piece of the fake builder's work, by the id of its step. */
export type FakeStep = "base" | "resolve" | "layers" | "push";

/** What a fake builder does otherwise than an honest one; everything has a default. */
export interface FakeBuilderOptions {
  /** @default "fake" */
  readonly name?: string;
  readonly priority?: number;
  /** @default what it can do: {@link fakeCapabilities} */
  readonly capabilities?: Iterable<Capability>;
  /** @default false */
  readonly appendableSource?: boolean;
  readonly isAvailable?: BuilderDefinition["isAvailable"];
  readonly shouldBuild?: BuilderDefinition["shouldBuild"];
  /** Awaited when a step has begun; what it throws, the build rejects with. */
  readonly during?: (step: FakeStep, spec: ResolvedImageSpec, request: BuildRequest) => Promise<void> | void;
  /** Changes what the image's layers hold. */
  readonly entries?: (entries: readonly LayerEntry[], spec: ResolvedImageSpec) => readonly LayerEntry[];
  /** Changes the image's configuration. */
  readonly config?: (config: ContainerConfig, spec: ResolvedImageSpec) => ContainerConfig;
  /** Changes what `build` returns. */
  readonly outcome?: (outcome: BuildOutcome) => BuildOutcome;
}

/** What the fake builder can do: real images of wheels and files, without a machine that executes anything. */
export const fakeCapabilities: readonly Capability[] = [
  "base-image",
  "scratch-base",
  "runtime-packages",
  "reproducible",
  "output-registry",
  "output-local-store",
  "output-oci-layout",
  "output-docker-archive",
  "output-engine",
  "secret-env",
  "secret-file",
];

/**
 * A builder for tests of what is around builders. It is honest: it reads the base, takes wheels from the spec's index, and writes
 * a real image that keeps the image contract. It is small: pure wheels, `==` and `>=`, everything in memory.
 */
export function createFakeBuilder(options: FakeBuilderOptions = {}): ImageSpecBuilder {
  const { isAvailable, shouldBuild, priority, appendableSource } = options;
  return defineBuilder(() => ({
    name: options.name ?? "fake",
    capabilities: options.capabilities ?? fakeCapabilities,
    ...(appendableSource === undefined ? {} : { appendableSource }),
    ...(priority === undefined ? {} : { priority }),
    ...(isAvailable === undefined ? {} : { isAvailable }),
    ...(shouldBuild === undefined ? {} : { shouldBuild }),
    contentOptions: () => ({}),
    async build(spec, request) {
      const build = new FakeBuild(spec, request, options);
      try {
        return await build.run();
      } catch (error) {
        throw request.signal.aborted ? abortedError(request.signal) : error;
      }
    },
  }))();
}

class FakeBuild {
  readonly #spec: ResolvedImageSpec;
  readonly #request: BuildRequest;
  readonly #options: FakeBuilderOptions;
  readonly #timings: Record<string, number> = {};
  #uploaded = 0;

  constructor(spec: ResolvedImageSpec, request: BuildRequest, options: FakeBuilderOptions) {
    this.#spec = spec;
    this.#request = request;
    this.#options = options;
  }

  async run(): Promise<BuildOutcome> {
    const { signal } = this.#request;
    throwIfAborted(signal);
    const base = await this.#step("base", () => this.#readBase());
    const wheels = await this.#step("resolve", () =>
      findWheels(this.#spec, this.#request, base?.distributions ?? new Map()),
    );
    const keepsUser = keepsBaseUser(base?.config.config ?? {});
    const parts = await this.#step("layers", async () => [
      skeletonEntries(this.#spec, base, keepsUser),
      installWheels(wheels, base?.python?.minor ?? "3"),
      await sourceEntries(this.#spec, keepsUser),
    ]);
    const outcome = await this.#step("push", () => this.#push(base, parts));
    return this.#options.outcome?.(outcome) ?? outcome;
  }

  async #step<T>(id: FakeStep, action: () => Promise<T>): Promise<T> {
    const { emit, signal } = this.#request;
    const start = performance.now();
    emit({ type: "step", id, name: id, state: "running" });
    try {
      throwIfAborted(signal);
      await this.#options.during?.(id, this.#spec, this.#request);
      const value = await action();
      throwIfAborted(signal);
      this.#timings[id] = performance.now() - start;
      emit({ type: "step", id, name: id, state: "done", ms: this.#timings[id] ?? 0 });
      return value;
    } catch (error) {
      emit({
        type: "step",
        id,
        name: id,
        state: signal.aborted ? "canceled" : "failed",
        ms: performance.now() - start,
      });
      throw error;
    }
  }

  async #readBase(): Promise<BaseFacts | undefined> {
    const base = await this.#request.base();
    return base === undefined ? undefined : readBaseFacts(base, parsePlatform(this.#platform));
  }

  get #platform(): string {
    return this.#spec.platforms[0] ?? "linux/amd64";
  }

  async #push(base: BaseFacts | undefined, parts: readonly (readonly LayerEntry[])[]): Promise<BuildOutcome> {
    const { sink, signal } = this.#request;
    const inherited = await this.#baseLayers(base);
    const added: WrittenLayer[] = [];
    const known = new Set(base?.files.keys());
    for (const part of parts) {
      const entries = withParents(this.#options.entries?.(part, this.#spec) ?? part, known);
      if (entries.length === 0) continue;
      for (const { path } of entries) known.add(`/${path}`);
      const layer = await writeLayer(sink, entries, signal);
      this.#uploaded += layer.descriptor.size;
      added.push(layer);
    }
    const config = encodeConfig({
      ...platformOf(this.#platform),
      created: "1970-01-01T00:00:00Z",
      config: this.#config(base),
      rootfs: {
        type: "layers",
        diff_ids: [...(base?.config.rootfs.diff_ids ?? []), ...added.map(({ diffId }) => diffId)],
      },
      history: [...inherited, ...added].map(() => ({ created: "1970-01-01T00:00:00Z", created_by: "fake" })),
    });
    await sink.writeBlob(config.descriptor, () => once(config.bytes), { signal });
    const layers = [...inherited, ...added.map(({ descriptor }) => descriptor)];
    const manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: config.descriptor,
      layers,
    } as const;
    const { bytes } = encodeManifest(manifest);
    const { digest, mediaType, size } = await sink.writeManifest(bytes, mediaTypes.ociManifest, { signal });
    return {
      digest,
      mediaType,
      size,
      platforms: this.#spec.platforms,
      timings: { ...this.#timings, push: 0 },
      bytes: { downloaded: 0, uploaded: this.#uploaded },
      layers: { built: added.length, reused: inherited.length },
    };
  }

  #config(base: BaseFacts | undefined): ContainerConfig {
    const inherited = base?.config.config ?? {};
    const config = imageConfig(this.#spec, this.#request, inherited, base?.python !== undefined);
    return this.#options.config?.(config, this.#spec) ?? config;
  }

  async #baseLayers(base: BaseFacts | undefined) {
    const { sink, signal } = this.#request;
    const opened = base === undefined ? undefined : await this.#request.base();
    if (base === undefined || opened === undefined) return [];
    const mountFrom = opened.repository === undefined ? [] : [opened.repository.repository];
    for (const layer of base.manifest.layers) {
      await sink.writeBlob(layer, () => opened.source.openBlob(layer, { signal }), { signal, mountFrom });
    }
    return base.manifest.layers;
  }
}

function platformOf(text: string) {
  const { os, architecture, variant } = parsePlatform(text);
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}
