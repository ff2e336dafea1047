import {
  type BlobContent,
  type Descriptor,
  type Digest,
  descriptorOf,
  digestOf,
  type ImageSink,
  type ImageSource,
  type StoredManifest,
  type WriteBlobOptions,
  type WriteManifestOptions,
  type WrittenBlob,
} from "@imagespec/oci";

/** Images in memory; what is written is logged in order. */
export class MemoryMedium implements ImageSource, ImageSink {
  readonly blobs: Map<Digest, Uint8Array> = new Map();
  readonly manifests: Map<string, StoredManifest> = new Map();
  readonly log: string[] = [];

  addBlob(bytes: Uint8Array | string, mediaType: string): Descriptor {
    const content = Buffer.from(bytes);
    this.blobs.set(digestOf(content), content);
    return descriptorOf(content, mediaType);
  }

  addManifest(document: { readonly bytes: Uint8Array; readonly descriptor: Descriptor }, tag?: string): Descriptor {
    const { bytes, descriptor } = document;
    for (const name of tag === undefined ? [descriptor.digest] : [descriptor.digest, tag]) {
      this.manifests.set(name, { bytes, descriptor });
    }
    return descriptor;
  }

  async hasBlob(digest: Digest): Promise<boolean> {
    return this.blobs.has(digest);
  }

  async openBlob(descriptor: Pick<Descriptor, "digest">): Promise<AsyncIterable<Uint8Array>> {
    const bytes = this.blobs.get(descriptor.digest);
    if (bytes === undefined) throw new Error(`no blob ${descriptor.digest}`);
    return (async function* () {
      yield bytes;
    })();
  }

  async readManifest(reference: {
    tag?: string | undefined;
    digest?: Digest | undefined;
  }): Promise<StoredManifest | undefined> {
    return this.manifests.get(reference.digest ?? reference.tag ?? "");
  }

  async writeBlob(descriptor: Descriptor, content: BlobContent, _options: WriteBlobOptions = {}): Promise<WrittenBlob> {
    if (this.blobs.has(descriptor.digest)) return { action: "exists" };
    const chunks: Uint8Array[] = [];
    for await (const chunk of await content()) chunks.push(chunk);
    this.blobs.set(descriptor.digest, Buffer.concat(chunks));
    this.log.push(`blob ${descriptor.digest}`);
    return { action: "written" };
  }

  async writeManifest(bytes: Uint8Array, mediaType: string, options: WriteManifestOptions = {}): Promise<Descriptor> {
    const descriptor = this.addManifest({ bytes, descriptor: descriptorOf(bytes, mediaType) }, options.tag);
    this.log.push(`manifest ${descriptor.digest}${options.tag === undefined ? "" : ` ${options.tag}`}`);
    return descriptor;
  }
}
