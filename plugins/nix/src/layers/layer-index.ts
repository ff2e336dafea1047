import type { BuildRequest } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import type { WrittenLayer } from "@imagespec/image-store/layers";
import {
  type Descriptor,
  isDigest,
  isManifestMediaType,
  parseImageManifest,
  parseImageReference,
} from "@imagespec/oci";
import type { Repository } from "@imagespec/registry-client";

/** Annotations of a layer's descriptor: what the layer was made from, and the digest of its plain tar. */
export const layerAnnotations = { key: "dev.imagespec.layer", diffId: "dev.imagespec.layer.diff-id" } as const;

/** Of a repository with many tags some are looked into: most layers of one are those of its neighbours. */
const mostTags = 8;

/** A layer that a registry has, by what it was made from. */
export interface IndexedLayer {
  readonly layer: Omit<WrittenLayer, "plainSize">;
  /** Where it is. */
  readonly repository: Repository;
}

/** The descriptor with the annotations that {@link LayerIndex} reads. */
export function annotated(descriptor: Descriptor, key: string, diffId: string): Descriptor {
  return {
    ...descriptor,
    annotations: { ...descriptor.annotations, [layerAnnotations.key]: key, [layerAnnotations.diffId]: diffId },
  };
}

/**
 * Layers of images that other machines have pushed, found by the annotations of their manifests. A machine that starts with
 * nothing takes them instead of writing the same bytes again. Whoever may push those images decides what is in them.
 */
export class LayerIndex {
  readonly #request: Pick<BuildRequest, "registryClient" | "output" | "emit">;
  readonly #named: readonly string[];
  readonly #signal: AbortSignal;
  #layers: Promise<ReadonlyMap<string, IndexedLayer>> | undefined;

  constructor(
    request: Pick<BuildRequest, "registryClient" | "output" | "emit">,
    named: readonly string[],
    signal: AbortSignal,
  ) {
    this.#request = request;
    this.#named = named;
    this.#signal = signal;
  }

  /** The layer of a key, when a registry has it now. */
  async find(key: string): Promise<IndexedLayer | undefined> {
    this.#layers ??= this.#load();
    const found = (await this.#layers).get(key);
    if (found === undefined) return undefined;
    const isThere = await found.repository.hasBlob(found.layer.digest, { signal: this.#signal });
    return isThere ? found : undefined;
  }

  async #load(): Promise<ReadonlyMap<string, IndexedLayer>> {
    const layers = new Map<string, IndexedLayer>();
    try {
      for (const { repository, tags } of await this.#places()) {
        const all = await Promise.all(tags.map((tag) => this.#read(repository, tag)));
        for (const [key, layer] of all.flat()) if (!layers.has(key)) layers.set(key, { layer, repository });
      }
    } catch (error) {
      // An index saves work; without it the layers are made here. What is wrong with a registry shows when it is pushed to.
      if (!isImageSpecError(error) || this.#signal.aborted) throw error;
      if (error.code === "REGISTRY_NOT_FOUND") return layers;
      this.#request.emit({ type: "warning", message: `no layers of other machines are used: ${error.message}` });
    }
    return layers;
  }

  async #places(): Promise<readonly { readonly repository: Repository; readonly tags: readonly string[] }[]> {
    const { registryClient, output } = this.#request;
    if (this.#named.length > 0) {
      return this.#named.map((text) => {
        const { registry, repository, tag = "latest" } = parseImageReference(text);
        return { repository: registryClient.repository({ registry, repository }), tags: [tag] };
      });
    }
    if (output.kind !== "registry") return [];
    const { registry, repository } = output;
    const target = registryClient.repository({ registry, repository });
    const tags = await target.tags({ signal: this.#signal });
    // Tags of digests are those of referrers.
    const images = tags.filter((tag) => tag !== output.tag && !tag.startsWith("sha256-")).slice(-mostTags);
    return [{ repository: target, tags: tags.includes(output.tag) ? [output.tag, ...images] : images }];
  }

  async #read(repository: Repository, tag: string): Promise<readonly (readonly [string, IndexedLayer["layer"]])[]> {
    const stored = await repository.readManifest({ tag }, { signal: this.#signal });
    if (stored === undefined || !isManifestMediaType(stored.descriptor.mediaType)) return [];
    return parseImageManifest(stored.bytes).layers.flatMap(({ mediaType, digest, size, annotations }) => {
      const key = annotations?.[layerAnnotations.key];
      const diffId = annotations?.[layerAnnotations.diffId];
      return key === undefined || diffId === undefined || !isDigest(diffId)
        ? []
        : [[key, { mediaType, digest, size, diffId }] as const];
    });
  }
}
