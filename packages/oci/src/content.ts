import type { Digest } from "./digest/digest.ts";
import type { Descriptor } from "./manifest/descriptor.ts";

/** Content that can be opened again: a retry opens it anew. */
export type BlobContent = () => AsyncIterable<Uint8Array> | Promise<AsyncIterable<Uint8Array>>;

/** What every call of a source or sink takes. */
export interface ContentOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Where blobs can be read: a registry's repository, a layout, an archive, a store. */
export interface BlobSource {
  hasBlob(digest: Digest, options?: ContentOptions): Promise<boolean>;
  /**
   * Opens a blob. The stream is verified while it is read.
   *
   * @throws `DIGEST_MISMATCH`, from the stream, at its end
   */
  openBlob(
    descriptor: Pick<Descriptor, "digest" | "size">,
    options?: ContentOptions,
  ): Promise<AsyncIterable<Uint8Array>>;
}

/** A manifest or index as it is stored, byte for byte. */
export interface StoredManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** Where manifests can be read. */
export interface ManifestSource {
  /** The manifest of a tag or digest; nothing when it is surely absent. The digest wins where both are given. */
  readManifest(
    reference: { readonly tag?: string | undefined; readonly digest?: Digest | undefined },
    options?: ContentOptions,
  ): Promise<StoredManifest | undefined>;
}

/** Where a whole image can be read. */
export interface ImageSource extends BlobSource, ManifestSource {}

/** Options of {@link ImageSink.writeBlob}. */
export interface WriteBlobOptions extends ContentOptions {
  /** Repositories of the same registry that may already have the blob. */
  readonly mountFrom?: readonly string[] | undefined;
  /** Called with the bytes written so far. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Options of {@link ImageSink.writeManifest}. */
export interface WriteManifestOptions extends ContentOptions {
  readonly tag?: string | undefined;
}

/** What became of a blob that was written. */
export interface WrittenBlob {
  readonly action: "exists" | "mounted" | "written";
}

/** Where images can be written: blobs first, then manifests, the tagged one last. */
export interface ImageSink {
  writeBlob(descriptor: Descriptor, content: BlobContent, options?: WriteBlobOptions): Promise<WrittenBlob>;
  writeManifest(bytes: Uint8Array, mediaType: string, options?: WriteManifestOptions): Promise<Descriptor>;
}
