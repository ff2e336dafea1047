import { gzipSync } from "node:zlib";
import {
  type Descriptor,
  descriptorOf,
  digestOf,
  type EncodedDocument,
  encodeConfig,
  encodeManifest,
  type ImageSink,
  mediaTypes,
  type Platform,
} from "@imagespec/oci";
import { tarHeader, tarPadding, tarTrailer } from "../index.ts";
import { streamOf } from "./streams.ts";

/** A small but whole image: everything that its manifest names. */
export interface SampleImage {
  readonly descriptor: Descriptor;
  readonly manifest: Uint8Array;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly blobs: readonly { readonly descriptor: Descriptor; readonly bytes: Uint8Array }[];
}

/** An image whose one file differs by `seed`, with a gzip layer (unless told otherwise) and a plain one. */
export function sampleImage(
  seed: string,
  platform: Platform = { os: "linux", architecture: "amd64" },
  isCompressed: boolean = true,
): SampleImage {
  const content = Buffer.from(`content of ${seed}\n`.repeat(3000));
  const header = {
    path: "hello.txt",
    type: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: content.length,
    mtime: 0,
  } as const;
  const tar = Buffer.concat([tarHeader(header), content, tarPadding(content.length), tarTrailer]);
  const empty = Buffer.from(tarTrailer);
  const packed = isCompressed ? gzipSync(tar) : tar;
  const layers = [
    { bytes: packed, descriptor: descriptorOf(packed, isCompressed ? mediaTypes.ociLayerGzip : mediaTypes.ociLayer) },
    { bytes: empty, descriptor: descriptorOf(empty, mediaTypes.ociLayer) },
  ];
  const config = encodeConfig({
    ...platform,
    config: { Cmd: ["/hello"] },
    rootfs: { type: "layers", diff_ids: [digestOf(tar), digestOf(empty)] },
    history: [{ created_by: "test" }, { created_by: "test" }],
  });
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  });
  return {
    descriptor: manifest.descriptor,
    manifest: manifest.bytes,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    blobs: [...layers, config],
  };
}

export async function writeImage(sink: ImageSink, image: SampleImage, tag?: string): Promise<Descriptor> {
  for (const { descriptor, bytes } of image.blobs) await sink.writeBlob(descriptor, () => streamOf(bytes));
  return sink.writeManifest(image.manifest, mediaTypes.ociManifest, tag === undefined ? {} : { tag });
}

/** An index with everything that it names. */
export interface SampleIndex {
  readonly images: readonly SampleImage[];
  readonly index: EncodedDocument;
}

/** An index of images for amd64 and arm64, with an attestation as BuildKit adds them. */
export function sampleIndex(seed: string): SampleIndex {
  const platforms: readonly Platform[] = [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64" },
    { os: "unknown", architecture: "unknown" },
  ];
  const entries = platforms.map((platform) => ({ platform, image: sampleImage(seed, platform) }));
  const index = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: entries.map(({ platform, image }) => ({ ...image.descriptor, platform })),
  });
  return { images: entries.map(({ image }) => image), index };
}

export async function writeIndex(sink: ImageSink, seed: string, tag: string): Promise<Descriptor> {
  const { images, index } = sampleIndex(seed);
  for (const image of images) await writeImage(sink, image);
  return sink.writeManifest(index.bytes, mediaTypes.ociIndex, { tag });
}
