import { isImageSpecError } from "@imagespec/errors";
import type { Descriptor, StoredManifest } from "@imagespec/oci";
import type { RegistryClient, Repository, RepositoryReference } from "@imagespec/registry-client";
import type { BuildOutput } from "../builder/output.ts";
import type { Lookup, OpenedOutput } from "./opened-output.ts";
import { registryRecords } from "./registry-records.ts";

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

  async readRecord({ digest }: Descriptor, options: { readonly signal: AbortSignal }): Promise<Uint8Array | undefined> {
    return registryRecords(this.#remote).read(digest, options);
  }

  async addRecord(subject: Descriptor, record: Uint8Array, options: { readonly signal: AbortSignal }): Promise<void> {
    await registryRecords(this.#remote).write(subject, record, options);
  }
}
