import { createHash } from "node:crypto";
import { isImageSpecError, messageOf } from "@imagespec/errors";
import { type BlobContent, type Descriptor, descriptorOf, maxManifestSize, parseManifest } from "@imagespec/oci";
import type { Repository } from "@imagespec/registry-client";
import {
  documentDescriptor,
  emptyConfig,
  encodeRecord,
  type IndexRecord,
  type KeyedLayer,
  parseRecord,
  type RecordKind,
  recordTag,
} from "./index-record.ts";

/** Bytes of a record's document at most. */
const maxDocument = 64 * 1024 * 1024;

/** What makes one record as good as none, and says nothing of the others. */
const strayRecord: ReadonlySet<string> = new Set(["MANIFEST_INVALID", "DIGEST_MISMATCH", "REGISTRY_NOT_FOUND"]);

/**
 * Layers that some machine has made before, kept in a repository of a registry: whoever can read it takes them without their
 * wheels. A record names layers by the key of what they were made from. What cannot be read counts as absent, since an index
 * only saves work.
 *
 * Whoever can write to the repository decides what goes into the images of those who read it.
 */
export class LayerIndex {
  readonly #repository: Repository;
  readonly #signal: AbortSignal;
  readonly #onProblem: (message: string) => void;
  readonly #known = new Map<string, KeyedLayer>();
  #isDown = false;
  #hasLost = false;

  constructor(options: {
    readonly repository: Repository;
    readonly signal: AbortSignal;
    /** Told once when the index cannot be used. */
    readonly onProblem: (message: string) => void;
  }) {
    this.#repository = options.repository;
    this.#signal = options.signal;
    this.#onProblem = options.onProblem;
  }

  get registry(): string {
    return this.#repository.registry;
  }

  get repository(): string {
    return this.#repository.repository;
  }

  /** Whether a layer that a record promised could not be read: the build has to make its layers itself. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** The layer of a key, from a record of its own or from an environment that was found before. */
  async layer(key: string): Promise<KeyedLayer | undefined> {
    return this.#known.get(key) ?? (await this.#read("layer", key))?.layers[0];
  }

  /** Looks for all layers of an environment at once. Whether they are there, and fit together. */
  async environment(keys: readonly string[]): Promise<boolean> {
    const record = await this.#read("environment", environmentKey(keys));
    const wanted = new Set(keys);
    if (record === undefined || record.layers.length !== wanted.size) return false;
    if (!record.layers.every(({ key }) => wanted.has(key))) return false;
    for (const layer of record.layers) this.#known.set(layer.key, layer);
    return true;
  }

  /** The document of a layer or base: parsed JSON. */
  async document(kind: "layer" | "base", key: string): Promise<unknown> {
    const record = await this.#read(kind, key);
    if (record?.document === undefined) return undefined;
    const { document } = record;
    return this.#attempt(async () => {
      const options = { signal: this.#signal, maxSize: maxDocument };
      return JSON.parse(new TextDecoder().decode(await this.#repository.getBlob(document, options)));
    });
  }

  /** The content of a layer of the index, for an output that cannot mount it. */
  content(descriptor: Descriptor): BlobContent {
    return async () => {
      try {
        return guarded(await this.#repository.openBlob(descriptor, { signal: this.#signal }), () => this.#lose());
      } catch (error) {
        this.#lose();
        throw error;
      }
    };
  }

  /**
   * Adds a record. Layers are mounted from `mountFrom` where they are there already.
   *
   * @throws REGISTRY_DENIED and what else writing to a registry throws
   */
  async add(
    kind: RecordKind,
    key: string,
    record: {
      readonly layers?: readonly { readonly layer: KeyedLayer; readonly content: BlobContent }[];
      /** JSON. */
      readonly document?: unknown;
      readonly mountFrom?: readonly string[];
    },
  ): Promise<void> {
    const { layers = [], document, mountFrom = [] } = record;
    const options = { signal: this.#signal };
    const bytes = document === undefined ? undefined : new TextEncoder().encode(JSON.stringify(document));
    const described = bytes === undefined ? undefined : documentDescriptor(descriptorOf(bytes, "application/json"));
    const encoded = encodeRecord(kind, key, { layers: layers.map(({ layer }) => layer), document: described });
    const config = parseManifest(encoded.bytes, encoded.descriptor.mediaType);
    const writes = layers.map(({ layer, content }) =>
      this.#repository.writeBlob(
        { mediaType: layer.mediaType, digest: layer.digest, size: layer.size },
        content,
        mountFrom.length === 0 ? options : { ...options, mountFrom },
      ),
    );
    if (bytes !== undefined && described !== undefined)
      writes.push(this.#repository.writeBlob(described, () => once(bytes), options));
    if ("config" in config) writes.push(this.#repository.writeBlob(config.config, () => once(emptyConfig), options));
    await Promise.all(writes);
    await this.#repository.writeManifest(encoded.bytes, encoded.descriptor.mediaType, {
      ...options,
      tag: recordTag(kind, key),
    });
  }

  async #read(kind: RecordKind, key: string): Promise<IndexRecord | undefined> {
    return this.#attempt(async () => {
      const stored = await this.#repository.readManifest({ tag: recordTag(kind, key) }, { signal: this.#signal });
      if (stored === undefined || stored.bytes.length > maxManifestSize) return undefined;
      return parseRecord(kind, key, parseManifest(stored.bytes, stored.descriptor.mediaType));
    });
  }

  /** One that is down or denies is asked no more; a single record that makes no sense is as good as none. */
  async #attempt<T>(action: () => Promise<T>): Promise<T | undefined> {
    if (this.#isDown) return undefined;
    try {
      return await action();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      if (error instanceof SyntaxError) return undefined;
      if (!isImageSpecError(error)) throw error;
      if (strayRecord.has(error.code)) return undefined;
      if (!this.#isDown) this.#onProblem(messageOf(error));
      this.#isDown = true;
      return undefined;
    }
  }

  #lose(): void {
    if (!this.#signal.aborted) this.#hasLost = true;
  }
}

/** The key of a set of layers, in whatever order. */
export function environmentKey(keys: readonly string[]): string {
  return createHash("sha256")
    .update([...keys].sort().join())
    .digest("hex");
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* guarded(stream: AsyncIterable<Uint8Array>, onError: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    onError();
    throw error;
  }
}
