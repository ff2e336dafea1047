import {
  type BuildOutcome,
  type BuildRequest,
  decline,
  defineBuilder,
  type ImageSpecBuilder,
  type ResolvedImageSpec,
} from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { encodeConfig, encodeManifest, mediaTypes, parseImageConfig, parseImageManifest } from "@imagespec/oci";

export interface RelabelOptions {
  /** Platforms that the machines here can pull. @default all */
  readonly platforms?: readonly string[];
}

/** Images that are their base with other environment and labels: nothing is installed, nothing is run. */
export const relabel: (options?: RelabelOptions) => ImageSpecBuilder = defineBuilder((options?: RelabelOptions) => ({
  name: "relabel",
  priority: 40,
  capabilities: ["base-image", "output-registry", "output-local-store", "output-oci-layout", "output-docker-archive"],
  shouldBuild(spec) {
    if (spec.packages.length > 0)
      return decline("packages", "relabel installs nothing", "let builder assemble build it");
    if (spec.source.files.length > 0) return decline("sourceRoot", "relabel copies no source");
    const other = spec.platforms.find((platform) => options?.platforms?.includes(platform) === false);
    return other === undefined || decline("platform", `"${other}" is not among the platforms of relabel`);
  },
  build,
}));

async function build(spec: ResolvedImageSpec, request: BuildRequest): Promise<BuildOutcome> {
  const { sink, signal, emit } = request;
  const start = performance.now();
  emit({ type: "step", id: "relabel", name: "relabel", state: "running" });

  const base = await request.base();
  const stored = await base?.source.readManifest({ digest: base.manifest.digest }, { signal });
  if (base === undefined || stored === undefined) {
    throw new ImageSpecError("BASE_NOT_FOUND", "the base has disappeared", { hint: "build again" });
  }
  const manifest = parseImageManifest(stored.bytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await base.source.openBlob(manifest.config, { signal })) chunks.push(chunk);
  const config = parseImageConfig(Buffer.concat(chunks));

  // Within one registry layers are mounted, not sent.
  const mountFrom = base.repository === undefined ? [] : [base.repository.repository];
  for (const layer of manifest.layers) {
    await sink.writeBlob(layer, () => base.source.openBlob(layer, { signal }), { signal, mountFrom });
  }
  const env = Object.entries({ ...spec.env, ...request.env }).map(([name, value]) => `${name}=${value}`);
  const made = encodeConfig({
    ...config,
    config: {
      ...config.config,
      Env: [...(config.config?.Env ?? []), ...env],
      // The engine recognises its images by the labels of the request: they go in as they are.
      Labels: { ...config.config?.Labels, ...spec.labels, ...request.labels },
    },
  });
  await sink.writeBlob(made.descriptor, () => stream(made.bytes), { signal });
  const { bytes } = encodeManifest({ ...manifest, config: made.descriptor });
  const { digest, mediaType, size } = await sink.writeManifest(bytes, mediaTypes.ociManifest, { signal });

  const ms = performance.now() - start;
  emit({ type: "step", id: "relabel", name: "relabel", state: "done", ms });
  return {
    digest,
    mediaType,
    size,
    platforms: spec.platforms,
    timings: { relabel: ms },
    bytes: { downloaded: 0, uploaded: 0 },
    layers: { built: 0, reused: manifest.layers.length },
  };
}

async function* stream(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
