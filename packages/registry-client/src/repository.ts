import type { Descriptor, Digest, ImageIndex, ImageManifest, ImageSink, ImageSource } from "@imagespec/oci";
import type { OperationOptions } from "./registry-client-options.ts";

/** A manifest named by its tag or digest; the digest wins. */
export interface ManifestReference {
  readonly tag?: string | undefined;
  readonly digest?: Digest | undefined;
}

/** A manifest as the registry has it. */
export interface FetchedManifest {
  readonly descriptor: Descriptor;
  /** The exact bytes that the digest covers. */
  readonly bytes: Uint8Array;
  readonly manifest: ImageManifest | ImageIndex;
}

/** One repository of a registry: an image source and sink, and what only registries can do. */
export interface Repository extends ImageSource, ImageSink {
  /** Canonical registry name. */
  readonly registry: string;
  readonly repository: string;

  /** The descriptor of a manifest, or `undefined` when the registry says there is none. @throws REGISTRY_AUTH, REGISTRY_DENIED, REGISTRY_DOWN */
  headManifest(
    reference: ManifestReference,
    options?: OperationOptions & {
      /** Whether a mirror may answer, which may be late with tags. @default true */
      readonly mirrors?: boolean | undefined;
    },
  ): Promise<Descriptor | undefined>;

  /** A manifest or index, its digest checked. @throws REGISTRY_NOT_FOUND, DIGEST_MISMATCH, MANIFEST_INVALID */
  getManifest(
    reference: ManifestReference,
    options?: OperationOptions & { readonly accept?: readonly string[] | undefined },
  ): Promise<FetchedManifest>;

  /** A small blob, such as a config, its digest checked. @throws REGISTRY_NOT_FOUND, DIGEST_MISMATCH */
  getBlob(
    descriptor: Pick<Descriptor, "digest" | "size">,
    options?: OperationOptions & {
      /** Bytes. @default 4 MiB */
      readonly maxSize?: number | undefined;
    },
  ): Promise<Uint8Array>;

  /** Bytes of a blob that the registry itself has, never a mirror; nothing when it has none, or does not state its size. */
  blobSize(digest: Digest, options?: OperationOptions): Promise<number | undefined>;

  /** Mounts a blob of another repository of this registry; false when the registry does not do so. */
  mountBlob(digest: Digest, from: string, options?: OperationOptions): Promise<boolean>;

  /** All tags, page after page. @throws REGISTRY_NOT_FOUND */
  tags(options?: OperationOptions): Promise<readonly string[]>;

  /** Deletes a manifest and with it every tag on it. @throws REGISTRY_NOT_FOUND, REGISTRY_ERROR where deleting is off */
  deleteManifest(digest: Digest, options?: OperationOptions): Promise<void>;
  /** Deletes one tag and leaves its manifest. @throws REGISTRY_NOT_FOUND, REGISTRY_ERROR where the registry cannot */
  deleteTag(tag: string, options?: OperationOptions): Promise<void>;
  /** Deletes a blob. @throws REGISTRY_NOT_FOUND, REGISTRY_ERROR where deleting is off */
  deleteBlob(digest: Digest, options?: OperationOptions): Promise<void>;

  /** What refers to a manifest: by the referrers API, else by the fallback tag `sha256-<hex>`. Empty when nothing does. */
  referrers(
    digest: Digest,
    options?: OperationOptions & { readonly artifactType?: string | undefined },
  ): Promise<readonly Descriptor[]>;

  /**
   * Pushes a manifest that has a `subject`, and keeps the index under the fallback tag up to date where the registry has no
   * referrers API (distribution-spec, "Pushing Manifests with Subject"). @throws MANIFEST_INVALID without a subject
   */
  pushReferrer(bytes: Uint8Array, mediaType: string, options?: OperationOptions): Promise<Descriptor>;
}
