import { type LocalImageStore, writeDockerArchive } from "@imagespec/image-store";
import type { StoredManifest } from "@imagespec/oci";
import type { BuildOutput } from "../builder/output.ts";
import { LocalStoreOutput } from "./layout-output.ts";

/** A tar file for `docker load`, written from the image in the local store. */
export class DockerArchiveOutput extends LocalStoreOutput {
  override readonly keepsPlatformTags: boolean = false;
  readonly #path: string;

  constructor(store: LocalImageStore, name: string, path: string) {
    super(store, name);
    this.#path = path;
  }

  override reference(_tag: string): string {
    return this.#path;
  }

  override describe(tag: string): BuildOutput {
    return { kind: "docker-archive", path: this.#path, name: this.nameOf(tag) };
  }

  override async deliver(
    image: StoredManifest,
    tag: string,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> {
    const { digest } = image.descriptor;
    await writeDockerArchive(this.store, { digest }, this.#path, { names: [this.nameOf(tag)], signal });
  }
}
