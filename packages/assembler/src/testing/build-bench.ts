import { mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import {
  type BaseImage,
  type BuilderEvent,
  type BuildOutcome,
  type BuildRequest,
  ImageSpec,
  type ImageSpecInput,
  type ResolvedDistribution,
  resolveImageSpec,
} from "@imagespec/core";
import { type LocalImageStore, type OciLayout, openLocalImageStore, openOciLayout } from "@imagespec/image-store";
import {
  type ContainerConfig,
  descriptorOf,
  digestOf,
  encodeConfig,
  encodeManifest,
  type ImageConfig,
  type ImageManifest,
  mediaTypes,
  parseImageConfig,
  parseImageManifest,
} from "@imagespec/oci";
import { detectUvSettings } from "@imagespec/resolver";
import { makeWheel, type WheelFixture } from "@imagespec/test-support/wheels";
import { assembleImage } from "../build/assemble-image.ts";
import type { AssembleOptions } from "../build/assemble-options.ts";
import { readLayer } from "./read-layer.ts";
import { type TestEntry, tarOf } from "./tar-of.ts";

/** A base with Python 3.12 and glibc 2.36. */
export const pythonBase: readonly TestEntry[] = [
  { path: "usr/" },
  { path: "usr/lib/" },
  { path: "lib", link: "usr/lib" },
  { path: "usr/lib/x86_64-linux-gnu/libc.so.6", content: "GNU C Library (Debian) stable release version 2.36." },
  { path: "usr/local/bin/python3.12", mode: 0o755, content: "elf" },
  { path: "usr/local/bin/python3", link: "python3.12" },
  { path: "etc/passwd", content: "root:x:0:0:root:/root:/bin/bash\n" },
  { path: "etc/group", content: "root:x:0:\n" },
];
const pythonEnv: readonly string[] = ["PATH=/usr/local/bin:/usr/bin", "PYTHON_VERSION=3.12.4"];

export interface BuiltImage {
  readonly outcome: BuildOutcome;
  readonly events: readonly BuilderEvent[];
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** The entries of the layers above the base, lowest first. */
  readonly layers: readonly Awaited<ReturnType<typeof readLayer>>[];
}

export interface BenchOptions {
  readonly base?: readonly TestEntry[];
  readonly baseConfig?: ContainerConfig;
  /** Bytes of a second layer that is not a good gzip stream. */
  readonly layerBytes?: Uint8Array;
  readonly wheels?: readonly WheelFixture[];
  readonly source?: Readonly<Record<string, string>>;
  /** Of source files. */
  readonly mtime?: Date;
  readonly request?: Partial<BuildRequest>;
  readonly assemble?: AssembleOptions;
}

/** Builds images in a folder, without network: the base is a layout, wheels are files, the resolver knows its answer. */
export class BuildBench {
  readonly folder: string;
  readonly store: LocalImageStore;
  readonly output: OciLayout;

  private constructor(folder: string, store: LocalImageStore, output: OciLayout) {
    this.folder = folder;
    this.store = store;
    this.output = output;
  }

  static async open(folder: string): Promise<BuildBench> {
    const store = await openLocalImageStore(join(folder, "cache"));
    return new BuildBench(folder, store, await openOciLayout(join(folder, "output"), { create: true }));
  }

  async build(input: ImageSpecInput, options: BenchOptions = {}): Promise<BuiltImage> {
    const root = join(this.folder, "root");
    await mkdir(root, { recursive: true });
    for (const [name, content] of Object.entries(options.source ?? {})) {
      const file = join(root, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
      if (options.mtime !== undefined) await utimes(file, options.mtime, options.mtime);
    }
    const packages = (options.wheels ?? []).map(({ name, version }) => `${name}==${version}`);
    const spec = await resolveImageSpec(new ImageSpec({ baseImage: "example.org/base:1", packages, ...input }), {
      root,
    });
    const base = await this.#base(options);
    const distributions = await this.#wheels(options.wheels ?? []);
    const events: BuilderEvent[] = [];
    const unused = async () => Promise.reject(new Error("not for this test"));
    const request: BuildRequest = {
      output: { kind: "oci-layout", path: this.output.root, name: "image:1" },
      sink: this.output,
      base: async () => base,
      emit: (event) => events.push(event),
      signal: new AbortController().signal,
      force: false,
      secrets: [],
      secret: unused,
      registryClient: undefined as unknown as BuildRequest["registryClient"],
      resolver: { resolve: async () => ({ distributions, pylock: "" }) },
      store: this.store,
      cacheFolder: join(this.folder, "cache"),
      labels: { "dev.imagespec.fingerprint": "f" },
      labelsByPlatform: {},
      env: { IMAGESPEC_ID: "id" },
      ...options.request,
    };
    const uv = detectUvSettings({ PATH: "" }, this.folder);
    const outcome = await assembleImage(spec, request, { uv, ...options.assemble });
    const stored = await this.output.readManifest({ digest: outcome.digest });
    const manifest = parseImageManifest(stored?.bytes ?? "");
    const blob = (digest: ImageManifest["config"]) => this.output.openBlob(digest);
    const chunks: Uint8Array[] = [];
    for await (const chunk of await blob(manifest.config)) chunks.push(chunk);
    const inherited = (await this.#baseLayers(base)).length;
    const layers = [];
    for (const layer of manifest.layers.slice(inherited)) layers.push(await readLayer(await blob(layer)));
    return { outcome, events, manifest, config: parseImageConfig(Buffer.concat(chunks)), layers };
  }

  async #baseLayers(base: BaseImage | undefined): Promise<readonly unknown[]> {
    if (base === undefined) return [];
    const stored = await base.source.readManifest({ digest: base.manifest.digest });
    return parseImageManifest(stored?.bytes ?? "").layers;
  }

  async #base({ base = pythonBase, baseConfig = {}, layerBytes }: BenchOptions): Promise<BaseImage> {
    const layout = await openOciLayout(join(this.folder, "base"), { create: true });
    const tar = tarOf(base);
    const blobs = [gzipSync(tar), ...(layerBytes === undefined ? [] : [layerBytes])];
    const config = encodeConfig({
      architecture: "amd64",
      os: "linux",
      config: { Env: pythonEnv, ...baseConfig },
      rootfs: {
        type: "layers",
        diff_ids: [digestOf(tar), ...(layerBytes === undefined ? [] : [digestOf(layerBytes)])],
      },
    });
    const described = blobs.map((bytes) => ({ bytes, descriptor: descriptorOf(bytes, mediaTypes.dockerLayer) }));
    const layers = described.map(({ descriptor }) => descriptor);
    const manifest = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.dockerManifest,
      config: { ...config.descriptor, mediaType: mediaTypes.dockerConfig },
      layers,
    });
    const write = (descriptor: (typeof layers)[number], bytes: Uint8Array) =>
      layout.writeBlob(descriptor, async function* () {
        yield bytes;
      });
    await write(config.descriptor, config.bytes);
    for (const { bytes, descriptor } of described) await write(descriptor, bytes);
    await layout.writeManifest(manifest.bytes, mediaTypes.dockerManifest);
    return { source: layout, manifest: manifest.descriptor, repository: undefined, reference: "example.org/base:1" };
  }

  async #wheels(fixtures: readonly WheelFixture[]): Promise<readonly ResolvedDistribution[]> {
    const folder = join(this.folder, "wheels");
    await mkdir(folder, { recursive: true });
    return Promise.all(
      fixtures.map(async (fixture) => {
        const { filename, bytes, sha256 } = makeWheel(fixture);
        // Whole at every moment: builds that run at once write the same file.
        const partial = join(folder, `${filename}.${Math.random()}`);
        await writeFile(partial, bytes);
        await rename(partial, join(folder, filename));
        const url = pathToFileURL(join(folder, filename)).href;
        return {
          name: fixture.name,
          version: fixture.version,
          wheel: { filename, url, size: bytes.length, sha256 },
        };
      }),
    );
  }
}
