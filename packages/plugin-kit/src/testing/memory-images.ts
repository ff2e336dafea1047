import { gzipSync } from "node:zlib";
import { type TarEntryType, tarHeader, tarPadding, tarTrailer } from "@imagespec/image-store";
import { type Digest, digestOf, type ImageSource, type StoredManifest } from "@imagespec/oci";

/** A file of a layer; only what a test is about needs to be said. */
export interface TestFile {
  readonly path: string;
  readonly type?: TarEntryType;
  readonly content?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly linkPath?: string;
  readonly devMajor?: number;
  readonly devMinor?: number;
}

export function tarOf(files: readonly TestFile[]): Uint8Array {
  return Buffer.concat([
    ...files.flatMap(({ content = "", type = "file", ...file }) => {
      const bytes = Buffer.from(content);
      const mode = type === "directory" ? 0o755 : 0o644;
      const header = { mode, uid: 0, gid: 0, mtime: 0, ...file, type, size: bytes.length };
      return [tarHeader(header), bytes, tarPadding(bytes.length)];
    }),
    tarTrailer,
  ]);
}

const types = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
};

/** A source in memory whose content may be wrong in any way: nothing is checked on the way in, streams do not verify. */
export class MemoryImages implements ImageSource {
  readonly blobs: Map<string, Uint8Array> = new Map();
  readonly manifests: Map<string, StoredManifest> = new Map();

  blob(bytes: Uint8Array, mediaType: string): { mediaType: string; digest: Digest; size: number } {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  }

  layer(tar: Uint8Array): { mediaType: string; digest: Digest; size: number; diffId: Digest } {
    return { ...this.blob(gzipSync(tar), types.layer), diffId: digestOf(tar) };
  }

  document(value: object, mediaType: string, tag?: string): { mediaType: string; digest: Digest; size: number } {
    const bytes = Buffer.from(JSON.stringify(value));
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    for (const name of [descriptor.digest, tag]) if (name) this.manifests.set(name, { descriptor, bytes });
    return descriptor;
  }

  /** An image of these tars; `change` may spoil its config and manifest. */
  image(
    tars: readonly Uint8Array[],
    options: {
      readonly tag?: string;
      readonly config?: object;
      readonly change?: (image: { config: Record<string, unknown>; manifest: Record<string, unknown> }) => void;
    } = {},
  ): { mediaType: string; digest: Digest; size: number } {
    const layers = tars.map((tar) => this.layer(tar));
    const config: Record<string, unknown> = {
      architecture: "amd64",
      os: "linux",
      created: "1970-01-01T00:00:00Z",
      config: options.config ?? {},
      rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
      history: layers.map(() => ({ created_by: "test" })),
    };
    const manifest: Record<string, unknown> = {
      schemaVersion: 2,
      mediaType: types.manifest,
      layers: layers.map(({ diffId: _, ...descriptor }) => descriptor),
    };
    const image = { config, manifest };
    options.change?.(image);
    manifest["config"] ??= this.blob(Buffer.from(JSON.stringify(config)), types.config);
    return this.document(manifest, types.manifest, options.tag ?? "latest");
  }

  index(manifests: readonly object[], tag = "latest"): { mediaType: string; digest: Digest; size: number } {
    return this.document({ schemaVersion: 2, mediaType: types.index, manifests }, types.index, tag);
  }

  hasBlob(digest: Digest): Promise<boolean> {
    return Promise.resolve(this.blobs.has(digest));
  }

  async openBlob({ digest }: { readonly digest: Digest }): Promise<AsyncIterable<Uint8Array>> {
    const bytes = this.blobs.get(digest) ?? new Uint8Array();
    return (async function* () {
      // Small chunks: what reads them must not rely on their borders.
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
    })();
  }

  async readManifest(reference: {
    readonly tag?: string | undefined;
    readonly digest?: Digest | undefined;
  }): Promise<StoredManifest | undefined> {
    return this.manifests.get(reference.digest ?? reference.tag ?? "latest");
  }
}
