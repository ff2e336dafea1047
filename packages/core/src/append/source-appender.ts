import { ImageSpecError } from "@imagespec/errors";
import type { EncodedDocument } from "@imagespec/oci";
import { type BuildOutcome, type BuildRequest, contractVersion, type ImageSpecBuilder } from "../builder/builder.ts";
import { capabilities } from "../builder/capabilities.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { appendedImage } from "./appended-image.ts";
import { appenderName } from "./appender-name.ts";
import { sourceLayer } from "./source-layer.ts";
import type { Trunk } from "./trunk.ts";

/**
 * The engine itself in the place of a builder: writes the layer of the source on top of an image of the same spec without it. Nothing is
 * downloaded and nothing is run; the layers below are in the repository already.
 *
 * @param trunks by platform
 */
export function sourceAppender(trunks: ReadonlyMap<string, Trunk>): ImageSpecBuilder {
  return {
    name: appenderName,
    contractVersion,
    priority: 0,
    capabilities: new Set(capabilities),
    shouldBuild: async () => ({ action: "build" }),
    async build(spec, request) {
      const [platform = ""] = spec.platforms;
      const trunk = trunks.get(platform);
      if (trunk === undefined) throw new ImageSpecError("INTERNAL", `there is no image to append to for "${platform}"`);
      return appendSource(spec, request, trunk);
    },
  };
}

/** @throws SOURCE_CHANGED, MANIFEST_INVALID, REGISTRY_…, ABORTED; a registry that has lost layers of the trunk refuses the manifest */
async function appendSource(spec: ResolvedImageSpec, request: BuildRequest, trunk: Trunk): Promise<BuildOutcome> {
  const { emit, signal, sink, store, labels, env } = request;
  const [platform = ""] = spec.platforms;
  const started = performance.now();
  const step = { type: "step", id: "append source", name: "append source", spec: "sourceRoot" } as const;
  emit({ ...step, state: "running" });
  let uploaded = 0;
  const { layer, cached } = await sourceLayer(spec, trunk.owner, request);
  const write = async ({ descriptor, bytes }: EncodedDocument): Promise<void> => {
    const { action } = await sink.writeBlob(descriptor, () => once(bytes), { signal });
    if (action === "written") uploaded += descriptor.size;
  };
  const files = spec.source.files.filter(({ kind }) => kind === "file").length;
  const comment = `source, ${spec.source.files.length} files`;
  const { config, manifest } = appendedImage(trunk, { ...layer, comment }, { labels, env });
  const descriptor = { mediaType: layer.mediaType, digest: layer.digest, size: layer.size };
  const [written] = await Promise.all([
    sink.writeBlob(descriptor, () => store.content.open(layer.digest), { signal }),
    write(config),
  ]);
  if (written.action === "written") uploaded += layer.size;
  const { mediaType, digest, size } = manifest.descriptor;
  await sink.writeManifest(manifest.bytes, mediaType, { signal });
  const ms = Math.round(performance.now() - started);
  const detail = `${files} file${files === 1 ? "" : "s"} on "${trunk.reference}"`;
  emit({ ...step, state: cached && uploaded === 0 ? "cached" : "done", ms, detail });
  return {
    digest,
    mediaType,
    size,
    platforms: [platform],
    timings: { "append source": ms },
    bytes: { downloaded: 0, uploaded },
    layers: { built: cached ? 0 : 1, reused: trunk.manifest.layers.length + (cached ? 1 : 0) },
    record: { trunk: { fingerprint: trunk.fingerprint, digest: trunk.digest } },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
