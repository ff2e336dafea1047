import type {
  BlobContent,
  Descriptor,
  Digest,
  StoredManifest,
  WriteBlobOptions,
  WriteManifestOptions,
  WrittenBlob,
} from "@imagespec/oci";
import { blobSize } from "./blob/blob-size.ts";
import { downloadBlob } from "./blob/download-blob.ts";
import { hasBlob } from "./blob/has-blob.ts";
import { readBlob } from "./blob/read-blob.ts";
import { mountBlob, writeBlob } from "./blob/write-blob.ts";
import { deleteBlob, deleteManifest } from "./delete-content.ts";
import { listTags } from "./list-tags.ts";
import { type FetchManifestOptions, fetchManifest, findManifest } from "./manifest/fetch-manifest.ts";
import { headManifest } from "./manifest/head-manifest.ts";
import { writeManifest } from "./manifest/write-manifest.ts";
import { listReferrers } from "./referrers/list-referrers.ts";
import { deleteReferrer, pushReferrer } from "./referrers/push-referrer.ts";
import type { OperationOptions } from "./registry-client-options.ts";
import type { FetchedManifest, ManifestReference, Repository } from "./repository.ts";
import { originOf, type RepositoryContext } from "./repository-context.ts";

/** The operations on one repository, each of which is a file of its own. */
export class RegistryRepository implements Repository {
  readonly registry: string;
  readonly repository: string;
  readonly #context: RepositoryContext;

  constructor(context: RepositoryContext) {
    this.registry = context.registry;
    this.repository = context.repository;
    this.#context = context;
  }

  async headManifest(
    reference: ManifestReference,
    options: OperationOptions & { readonly mirrors?: boolean | undefined } = {},
  ): Promise<Descriptor | undefined> {
    return headManifest(
      this.#context,
      reference,
      options,
      options.mirrors === false ? [originOf(this.#context)] : undefined,
    );
  }

  async getManifest(reference: ManifestReference, options: FetchManifestOptions = {}): Promise<FetchedManifest> {
    return fetchManifest(this.#context, reference, options);
  }

  async readManifest(
    reference: ManifestReference,
    options: OperationOptions = {},
  ): Promise<StoredManifest | undefined> {
    return findManifest(this.#context, reference, options);
  }

  async writeManifest(bytes: Uint8Array, mediaType: string, options: WriteManifestOptions = {}): Promise<Descriptor> {
    return (await writeManifest(this.#context, bytes, mediaType, options)).descriptor;
  }

  async blobSize(digest: Digest, options: OperationOptions = {}): Promise<number | undefined> {
    return blobSize(this.#context, digest, options);
  }

  async hasBlob(digest: Digest, options: OperationOptions = {}): Promise<boolean> {
    return hasBlob(this.#context, digest, options);
  }

  async openBlob(
    descriptor: Pick<Descriptor, "digest" | "size">,
    options: OperationOptions = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    return downloadBlob(this.#context, descriptor, options);
  }

  async getBlob(
    descriptor: Pick<Descriptor, "digest" | "size">,
    options: OperationOptions & { readonly maxSize?: number | undefined } = {},
  ): Promise<Uint8Array> {
    return readBlob(this.#context, descriptor, options);
  }

  async writeBlob(descriptor: Descriptor, content: BlobContent, options: WriteBlobOptions = {}): Promise<WrittenBlob> {
    return writeBlob(this.#context, descriptor, content, options);
  }

  async mountBlob(digest: Digest, from: string, options: OperationOptions = {}): Promise<boolean> {
    return mountBlob(this.#context, digest, from, options);
  }

  async tags(options: OperationOptions = {}): Promise<readonly string[]> {
    return listTags(this.#context, options);
  }

  async deleteManifest(digest: Digest, options: OperationOptions = {}): Promise<void> {
    return deleteReferrer(this.#context, digest, options);
  }

  async deleteTag(tag: string, options: OperationOptions = {}): Promise<void> {
    return deleteManifest(this.#context, { tag }, options);
  }

  async deleteBlob(digest: Digest, options: OperationOptions = {}): Promise<void> {
    return deleteBlob(this.#context, digest, options);
  }

  async referrers(
    digest: Digest,
    options: OperationOptions & { readonly artifactType?: string | undefined } = {},
  ): Promise<readonly Descriptor[]> {
    return listReferrers(this.#context, digest, options);
  }

  async pushReferrer(bytes: Uint8Array, mediaType: string, options: OperationOptions = {}): Promise<Descriptor> {
    return pushReferrer(this.#context, bytes, mediaType, options);
  }
}
