import { join } from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import {
  entryInputs,
  gzipMembersEncoder,
  layerKey,
  openLayerCache,
  Placement,
  sourceEntries,
  tarPieces,
  type WrittenLayer,
  writeLayer,
} from "@imagespec/image-store/layers";
import type { EncodedDocument } from "@imagespec/oci";
import { type BuildOutcome, type BuildRequest, contractVersion, type ImageSpecBuilder } from "../builder/builder.ts";
import { capabilities } from "../builder/capabilities.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { appendedImage } from "./appended-image.ts";
import type { Trunk } from "./trunk.ts";

/** Stands as the builder of images whose source the engine appended. */
export const appenderName = "engine";

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
  const { layer, cached } = await sourceLayer(spec, request, trunk);
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

async function sourceLayer(
  { source, workdir }: ResolvedImageSpec,
  { cacheFolder, store, signal }: BuildRequest,
  { owner }: Trunk,
): Promise<{ readonly layer: WrittenLayer; readonly cached: boolean }> {
  // The workdir is a folder below "/", and everything is below it: what the image has elsewhere does not matter.
  const placement = new Placement({ directoryLinks: {}, directories: {} });
  const entries = sourceEntries(source.files, { placement, workdir, owner, open: (file) => () => source.open(file) });
  const cache = await openLayerCache(join(cacheFolder, appenderName), store.content);
  const key = layerKey({ kind: "source", encoder: gzipMembersEncoder.id, inputs: entryInputs(entries) });
  const before = await cache.get(key);
  if (before !== undefined) return { layer: before, cached: true };
  const layer = await writeLayer(tarPieces(entries), { content: store.content, encoder: gzipMembersEncoder, signal });
  await cache.set(key, layer);
  return { layer, cached: false };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
