import { isImageSpecError } from "@imagespec/errors";
import {
  type Descriptor,
  descriptorOf,
  digestOf,
  encodeManifest,
  mediaTypes,
  parseImageManifest,
  type StoredManifest,
} from "@imagespec/oci";
import type { RegistryClient, Repository, RepositoryReference } from "@imagespec/registry-client";
import type { BuildOutput } from "../builder/output.ts";
import type { Lookup, OpenedOutput } from "./opened-output.ts";

/** Artifact type of the record that is attached to an image. */
export const recordType = "application/vnd.imagespec.record.v1+json";

/** A repository of a registry. */
export class RegistryOutput implements OpenedOutput {
  readonly repository: RepositoryReference;
  readonly keepsPlatformTags = true;
  readonly #client: RegistryClient;
  readonly #remote: Repository;

  constructor(target: RepositoryReference, client: RegistryClient) {
    this.repository = target;
    this.#client = client;
    this.#remote = client.repository(target);
  }

  get source(): Repository {
    return this.#remote;
  }

  get sink(): Repository {
    return this.#remote;
  }

  reference(tag: string): string {
    return `${this.repository.registry}/${this.repository.repository}:${tag}`;
  }

  describe(tag: string): BuildOutput {
    return { kind: "registry", ...this.repository, tag };
  }

  async lookUp(tag: string, options: { readonly signal: AbortSignal }): Promise<Lookup> {
    const { registry, repository } = this.repository;
    const answer = await this.#client.probe({ registry, repository, tag }, options);
    if (answer.state !== "present") return answer;
    try {
      // By digest: a mirror may serve it, and a tag that moves in between cannot mix two images.
      const image = await this.#remote.readManifest({ digest: answer.descriptor.digest }, options);
      return image === undefined ? { state: "absent" } : { state: "present", image };
    } catch (error) {
      if (!isImageSpecError(error) || options.signal.aborted) throw error;
      return { state: "unknown", reason: error.message, error };
    }
  }

  async prepare(options: { readonly signal: AbortSignal }): Promise<void> {
    // A provider that creates repositories does so here, when the registry says that there is none.
    await this.#client.checkPush(this.repository, options);
  }

  async tag(image: StoredManifest, tag: string, options: { readonly signal: AbortSignal }): Promise<void> {
    await this.#remote.writeManifest(image.bytes, image.descriptor.mediaType, { tag, ...options });
  }

  async untag(tag: string, options: { readonly signal: AbortSignal }): Promise<void> {
    try {
      await this.#remote.deleteTag(tag, options);
    } catch (error) {
      if (!isImageSpecError(error, "REGISTRY_NOT_FOUND")) throw error;
    }
  }

  async deliver(): Promise<void> {
    // The image is where it belongs as soon as it has its tag.
  }

  async readRecord(subject: Descriptor, options: { readonly signal: AbortSignal }): Promise<Uint8Array | undefined> {
    const records = await this.#remote.referrers(subject.digest, { artifactType: recordType, ...options });
    // A registry lists them in the order in which they came.
    const newest = records.at(-1);
    if (newest === undefined) return undefined;
    const manifest = await this.#remote.readManifest({ digest: newest.digest }, options);
    const [layer] = manifest === undefined ? [] : parseImageManifest(manifest.bytes).layers;
    return layer === undefined ? undefined : this.#remote.getBlob(layer, options);
  }

  async addRecord(subject: Descriptor, record: Uint8Array, options: { readonly signal: AbortSignal }): Promise<void> {
    const layer = descriptorOf(record, recordType);
    const empty = new TextEncoder().encode("{}");
    const config: Descriptor = { mediaType: mediaTypes.ociEmpty, digest: digestOf(empty), size: empty.length };
    for (const [descriptor, bytes] of [
      [config, empty],
      [layer, record],
    ] as const) {
      await this.#remote.writeBlob(descriptor, () => once(bytes), options);
    }
    const { mediaType, digest, size } = subject;
    const { bytes } = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: recordType,
      config,
      layers: [layer],
      subject: { mediaType, digest, size },
    });
    await this.#remote.pushReferrer(bytes, mediaTypes.ociManifest, options);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
