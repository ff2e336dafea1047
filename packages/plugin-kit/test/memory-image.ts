import { createHash } from "node:crypto";
import {
  type BlobContent,
  type Descriptor,
  type Digest,
  descriptorOf,
  digestOf,
  encodeConfig,
  encodeManifest,
  type ImageSink,
  type ImageSource,
  mediaTypes,
  type StoredManifest,
  type WriteManifestOptions,
  type WrittenBlob,
} from "@imagespec/oci";

/** Images in memory. */
export class MemoryMedium implements ImageSource, ImageSink {
  readonly blobs: Map<Digest, Uint8Array> = new Map();
  readonly manifests: Map<string, StoredManifest> = new Map();

  add(bytes: Uint8Array, mediaType: string): Descriptor {
    const descriptor = descriptorOf(bytes, mediaType);
    this.blobs.set(descriptor.digest, bytes);
    return descriptor;
  }

  async hasBlob(digest: Digest): Promise<boolean> {
    return this.blobs.has(digest);
  }

  async openBlob({ digest }: Pick<Descriptor, "digest">): Promise<AsyncIterable<Uint8Array>> {
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) throw new Error(`no blob ${digest}`);
    return inChunks(bytes);
  }

  async readManifest(reference: {
    tag?: string | undefined;
    digest?: Digest | undefined;
  }): Promise<StoredManifest | undefined> {
    return this.manifests.get(reference.digest ?? reference.tag ?? "");
  }

  async writeBlob({ digest }: Descriptor, content: BlobContent): Promise<WrittenBlob> {
    if (this.blobs.has(digest)) return { action: "exists" };
    const chunks: Uint8Array[] = [];
    for await (const chunk of await content()) chunks.push(chunk);
    this.blobs.set(digest, Buffer.concat(chunks));
    return { action: "written" };
  }

  async writeManifest(bytes: Uint8Array, mediaType: string, options: WriteManifestOptions = {}): Promise<Descriptor> {
    const descriptor = descriptorOf(bytes, mediaType);
    this.manifests.set(descriptor.digest, { bytes, descriptor });
    if (options.tag !== undefined) this.manifests.set(options.tag, { bytes, descriptor });
    return descriptor;
  }
}

export interface SampleImage {
  readonly medium: MemoryMedium;
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  /** Sizes 300,000, 70,000 and 100: the last is one that clients send without asking. */
  readonly layers: readonly [Descriptor, Descriptor, Descriptor];
}

/** An image of three layers with the tag `v1`; equal seeds make equal images. */
export function sampleImage(seed: string): SampleImage {
  const medium = new MemoryMedium();
  const layer = (size: number): Descriptor => medium.add(noise(`${seed} ${size}`, size), mediaTypes.ociLayerGzip);
  const layers = [layer(300_000), layer(70_000), layer(100)] as const;
  const encoded = encodeConfig({
    os: "linux",
    architecture: "amd64",
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
  });
  const config = medium.add(encoded.bytes, mediaTypes.ociConfig);
  const { bytes, descriptor: manifest } = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers,
  });
  for (const name of [manifest.digest, "v1"]) medium.manifests.set(name, { bytes, descriptor: manifest });
  return { medium, manifest, config, layers };
}

/** What a medium holds, by the digests of the bytes themselves. */
export function contentOf(medium: MemoryMedium): ReadonlySet<string> {
  const all = [...medium.blobs.values(), ...[...medium.manifests.values()].map(({ bytes }) => bytes)];
  return new Set(all.map((bytes) => digestOf(bytes)));
}

function noise(seed: string, size: number): Buffer {
  return createHash("shake256", { outputLength: size }).update(seed).digest();
}

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += 16_384) yield bytes.subarray(start, start + 16_384);
}
