import { tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";
import {
  type Descriptor,
  descriptorOf,
  digestOf,
  encodeConfig,
  encodeManifest,
  type ImageSink,
  mediaTypes,
  parseImageConfig,
  parseImageManifest,
  parsePlatform,
} from "@imagespec/oci";
import type { BaseImage, BuildOutcome, BuildRequest, ImageSpecBuilder, SelectionContext } from "../builder/builder.ts";
import { type Capability, capabilities } from "../builder/capabilities.ts";
import { type BuilderDefinition, defineBuilder } from "../builder/define-builder.ts";
import type { BuildVerdict } from "../builder/verdict.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";

export interface FakeBuilderOptions {
  readonly name?: string;
  readonly priority?: number;
  /** Everything but these, and but `multi-platform` unless it is in `with`. */
  readonly without?: readonly Capability[];
  readonly with?: readonly Capability[];
  readonly isAvailable?: BuilderDefinition["isAvailable"];
  readonly shouldBuild?: (
    spec: ResolvedImageSpec,
    context: SelectionContext,
  ) => true | BuildVerdict | Promise<true | BuildVerdict>;
  /** Runs before the image is written. */
  readonly during?: (spec: ResolvedImageSpec, request: BuildRequest) => Promise<void> | void;
  /** Changes what is returned. */
  readonly returns?: (outcome: BuildOutcome) => unknown;
  /** Changes the labels that are written. */
  readonly labels?: (labels: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
  readonly contentOptions?: BuilderDefinition["contentOptions"];
  /** The engine may append the source to what it makes. */
  readonly appendable?: boolean;
  /** Of the images. */
  readonly user?: string;
}

export interface FakeBuilder {
  readonly builder: ImageSpecBuilder;
  /** What it was asked to build, in order. */
  readonly calls: { readonly spec: ResolvedImageSpec; readonly request: BuildRequest }[];
  /** What it was asked to look at. */
  readonly asked: ResolvedImageSpec[];
}

/** A builder that writes small, valid images: the base's layers, one for each package, one for the source. */
export function fakeBuilder(options: FakeBuilderOptions = {}): FakeBuilder {
  const calls: FakeBuilder["calls"] = [];
  const asked: ResolvedImageSpec[] = [];
  const without = new Set<Capability>([...(options.without ?? []), "multi-platform", "emulation"]);
  for (const capability of options.with ?? []) without.delete(capability);
  const create = defineBuilder(() => ({
    name: options.name ?? "fake",
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(options.appendable === undefined ? {} : { appendableSource: options.appendable }),
    capabilities: capabilities.filter((capability) => !without.has(capability)),
    ...(options.isAvailable === undefined ? {} : { isAvailable: options.isAvailable }),
    ...(options.contentOptions === undefined ? {} : { contentOptions: options.contentOptions }),
    shouldBuild: (spec, context) => {
      asked.push(spec);
      return options.shouldBuild === undefined ? true : options.shouldBuild(spec, context);
    },
    async build(spec, request) {
      calls.push({ spec, request });
      await options.during?.(spec, request);
      const outcome = await writeImage(spec, request, options);
      // Tests also return what no builder should.
      return (options.returns?.(outcome) ?? outcome) as BuildOutcome;
    },
  }));
  return { builder: create(), calls, asked };
}

async function writeImage(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  { labels = (given) => given, user }: FakeBuilderOptions,
): Promise<BuildOutcome> {
  const children: Descriptor[] = [];
  for (const platform of spec.platforms) {
    const own = labels(request.labelsByPlatform[platform] ?? {});
    const descriptor = await writePlatform(spec, request, platform, { labels: own, user });
    children.push({ ...descriptor, platform: parsePlatform(platform) });
  }
  const [only] = children;
  const made = children.length === 1 && only !== undefined ? only : await writeIndex(request.sink, children);
  return {
    digest: made.digest,
    mediaType: made.mediaType,
    size: made.size,
    platforms: spec.platforms,
    timings: { layers: 1 },
    bytes: { downloaded: 0, uploaded: 10 },
  };
}

async function writeIndex(sink: ImageSink, manifests: readonly Descriptor[]): Promise<Descriptor> {
  const { bytes } = encodeManifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests });
  return sink.writeManifest(bytes, mediaTypes.ociIndex, { tag: "ignored" });
}

async function writePlatform(
  spec: ResolvedImageSpec,
  request: BuildRequest,
  platform: string,
  { labels, user }: { readonly labels: Readonly<Record<string, string>>; readonly user: string | undefined },
): Promise<Descriptor> {
  const { sink, signal } = request;
  // Bases by reference would need the network; those of the engine's own and layouts do not.
  const kind = spec.resolvedBase.kind;
  const base = kind === "image" || kind === "oci-layout" ? await request.base(platform) : undefined;
  const inherited = base === undefined ? { layers: [], diffIds: [] } : await copyBase(base, request);
  const layers: Descriptor[] = [...inherited.layers];
  const diffIds = [...inherited.diffIds];
  for (const text of [...spec.packages, ...spec.aptPackages, ...(await sourceTexts(spec))]) {
    const bytes = tarOf(text.replace(/\W/g, "-").slice(0, 60), `${text} ${platform}`);
    const layer = descriptorOf(bytes, mediaTypes.ociLayer);
    await sink.writeBlob(layer, () => once(bytes), { signal });
    layers.push(layer);
    diffIds.push(digestOf(bytes));
  }
  const { os, architecture, variant } = parsePlatform(platform);
  const env = Object.entries({ ...spec.env, ...request.env }).map(([key, value]) => `${key}=${value}`);
  const config = encodeConfig({
    os,
    architecture,
    ...(variant === undefined ? {} : { variant }),
    config: {
      ...(user === undefined ? {} : { User: user, WorkingDir: spec.workdir }),
      Labels: { ...spec.labels, ...labels },
      Env: env,
    },
    rootfs: { type: "layers", diff_ids: diffIds },
  });
  await sink.writeBlob(config.descriptor, () => once(config.bytes), { signal });
  const { bytes } = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers,
  });
  return sink.writeManifest(bytes, mediaTypes.ociManifest, { tag: "ignored", signal });
}

async function copyBase(
  base: BaseImage,
  { sink, signal }: BuildRequest,
): Promise<{ readonly layers: readonly Descriptor[]; readonly diffIds: readonly ReturnType<typeof digestOf>[] }> {
  const stored = await base.source.readManifest({ digest: base.manifest.digest }, { signal });
  if (stored === undefined) throw new Error("the base is gone");
  const { config, layers } = parseImageManifest(stored.bytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await base.source.openBlob(config, { signal })) chunks.push(chunk);
  const mountFrom = base.repository === undefined ? [] : [base.repository.repository];
  for (const layer of layers) await sink.writeBlob(layer, () => base.source.openBlob(layer), { signal, mountFrom });
  return { layers, diffIds: parseImageConfig(Buffer.concat(chunks)).rootfs.diff_ids };
}

async function sourceTexts(spec: ResolvedImageSpec): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const file of spec.source.files) {
    if (file.kind !== "file") continue;
    let text = `${file.destination}:`;
    for await (const chunk of spec.source.open(file)) text += Buffer.from(chunk).toString();
    texts.push(text);
  }
  return texts;
}

function tarOf(path: string, text: string): Uint8Array {
  const content = Buffer.from(text);
  const header = tarHeader({ path, type: "file", mode: 0o644, uid: 0, gid: 0, size: content.length, mtime: 0 });
  return Buffer.concat([header, content, tarPadding(content.length), tarTrailer]);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
