import { createReadStream, createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { BuildRequest } from "@imagespec/core";
import { onDisk } from "@imagespec/image-store";
import {
  createDigester,
  type Descriptor,
  digestHex,
  encodeManifest,
  layerCompression,
  mediaTypes,
  parseImageConfig,
  parseImageManifest,
} from "@imagespec/oci";
import type { LoadedBase } from "./base-image.ts";

/** An image in the output of a build. */
export interface DeliveredImage {
  readonly manifest: Descriptor;
  readonly layers: { readonly built: number; readonly reused: number };
  /** Bytes of what was written. */
  readonly uploaded: number;
}

const types = { none: mediaTypes.ociLayer, gzip: mediaTypes.ociLayerGzip, zstd: mediaTypes.ociLayerZstd };

/**
 * Writes what buildah left in a folder to the output. The base's layers are taken from the base, as they are there: buildah would
 * compress them anew to other digests, and a registry that has them could not use its own.
 */
export async function deliverImage(
  image: string,
  base: LoadedBase | undefined,
  options: { readonly request: BuildRequest; readonly folder: string; readonly step: string },
): Promise<DeliveredImage> {
  const { sink, signal, emit } = options.request;
  const file = (name: string): string => path.join(image, name);
  const manifest = parseImageManifest(await onDisk(image, () => readFile(file("manifest.json"))));
  const config = await onDisk(image, () => readFile(file(digestHex(manifest.config.digest))));
  const diffIds = parseImageConfig(config).rootfs.diff_ids;
  const mountFrom = base?.image.repository === undefined ? [] : [base.image.repository.repository];
  const layers: Descriptor[] = [];
  let uploaded = 0;
  let reused = 0;
  for (const [index, layer] of manifest.layers.entries()) {
    const below = base?.diffIds[index] === diffIds[index] ? base?.layers[index] : undefined;
    if (base !== undefined && below !== undefined) {
      await sink.writeBlob(below, () => base.image.source.openBlob(below, { signal }), { signal, mountFrom });
      layers.push({ ...below, mediaType: types[layerCompression(below.mediaType) ?? "gzip"] });
      reused += 1;
      continue;
    }
    const compressed = path.join(options.folder, `layer-${index}`);
    const descriptor = await compressLayer(file(digestHex(layer.digest)), compressed, signal);
    const item = descriptor.digest;
    const onProgress = (current: number): void => {
      emit({ type: "transfer", step: options.step, kind: "push", item, current, total: descriptor.size, unit: "byte" });
    };
    const { action } = await sink.writeBlob(descriptor, () => createReadStream(compressed), { signal, onProgress });
    if (action === "written") uploaded += descriptor.size;
    else reused += 1;
    layers.push(descriptor);
  }
  await sink.writeBlob(manifest.config, () => createReadStream(file(digestHex(manifest.config.digest))), { signal });
  const { bytes } = encodeManifest({ ...manifest, mediaType: mediaTypes.ociManifest, layers });
  const written = await sink.writeManifest(bytes, mediaTypes.ociManifest, { signal });
  return {
    manifest: written,
    layers: { built: layers.length - reused, reused },
    uploaded: uploaded + manifest.config.size + bytes.length,
  };
}

async function compressLayer(tar: string, compressed: string, signal: AbortSignal): Promise<Descriptor> {
  const digester = createDigester();
  const digest = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      digester.update(chunk);
      yield chunk;
    }
  };
  const target = createWriteStream(compressed, { flags: "wx" });
  await onDisk(compressed, () => pipeline(createReadStream(tar), createGzip(), digest, target, { signal }));
  return { mediaType: mediaTypes.ociLayerGzip, digest: digester.digest(), size: digester.size };
}
