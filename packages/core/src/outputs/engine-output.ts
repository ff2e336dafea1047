import { ImageSpecError } from "@imagespec/errors";
import { dockerArchiveStream, type LocalImageStore } from "@imagespec/image-store";
import { type Digest, parseImageManifest, type StoredManifest } from "@imagespec/oci";
import type { BuildOutput } from "../builder/output.ts";
import type { DockerEngine } from "./docker-engine.ts";
import { LocalStoreOutput } from "./layout-output.ts";

type Signalled = { readonly signal: AbortSignal };

/** The Docker Engine: the image is made in the local store and loaded from there. */
export class EngineOutput extends LocalStoreOutput {
  readonly #engine: DockerEngine;

  constructor(store: LocalImageStore, name: string, engine: DockerEngine) {
    super(store, name);
    this.#engine = engine;
  }

  override describe(tag: string): BuildOutput {
    return { kind: "engine", host: this.#engine.host, name: this.nameOf(tag) };
  }

  override async prepare({ signal }: Signalled): Promise<void> {
    await this.#engine.ping(signal);
  }

  override async deliver(image: StoredManifest, tag: string, { signal }: Signalled): Promise<void> {
    const name = this.nameOf(tag);
    const { digest } = image.descriptor;
    // The classic store calls an image by the digest of its config, the containerd store by that of its manifest.
    const ids: readonly Digest[] = [parseImageManifest(image.bytes).config.digest, digest];
    const before = await this.#engine.imageId(name, signal);
    if (ids.some((known) => known === before)) return;
    await this.#engine.load(dockerArchiveStream(this.store, { digest }, { names: [name], signal }), signal);
    if ((await this.#engine.imageId(name, signal)) === undefined) {
      throw new ImageSpecError("ENGINE_UNSUPPORTED", `the engine took "${name}" and does not have it`, {
        hint: "look at the engine's log; an engine other than Docker may not read this archive",
        details: { host: this.#engine.host },
      });
    }
  }
}
