import type { BuildContext, BuiltLayer } from "@imagespec/assembler/parts";
import { layerKey, type WrittenLayer } from "@imagespec/image-store/layers";
import { annotated, type LayerIndex } from "./layer-index.ts";

/** What decides the bytes of a layer, and how its line in the history reads. */
export interface LayerParts {
  readonly kind: string;
  readonly comment: string;
  readonly inputs: readonly string[];
}

/** A layer that is on this machine, or in a registry. */
type Found = Pick<WrittenLayer, "mediaType" | "digest" | "size" | "diffId">;

/** Layers of this machine first, then those of other machines, then made here. */
export class IndexedLayers {
  readonly #context: BuildContext;
  readonly #index: LayerIndex;

  constructor(context: BuildContext, index: LayerIndex) {
    this.#context = context;
    this.#index = index;
  }

  /** Whether a layer is on this machine, or in a registry: then it need not be written. */
  async isKnown(parts: LayerParts): Promise<boolean> {
    const key = this.#key(parts);
    return (await this.#context.cache.get(key)) !== undefined || (await this.#index.find(key)) !== undefined;
  }

  /** Finds a layer or makes it, and starts publishing it. */
  async layer(parts: LayerParts, make: () => Promise<WrittenLayer>): Promise<BuiltLayer> {
    const { cache, content, publisher, scope, request } = this.#context;
    const { output } = request;
    const key = this.#key(parts);
    const here = await cache.get(key);
    const there = here === undefined ? await this.#index.find(key) : undefined;
    if (there !== undefined) {
      const descriptor = descriptorOf(there.layer, key);
      const { repository } = there;
      const isNear = output.kind === "registry" && output.registry === repository.registry;
      const mountFrom = isNear && output.repository !== repository.repository ? [repository.repository] : [];
      publisher.publish(descriptor, () => repository.openBlob(there.layer, { signal: scope.signal }), mountFrom);
      return { descriptor, diffId: there.layer.diffId, comment: parts.comment, reused: true };
    }
    const layer = here ?? (await make());
    if (here === undefined) await cache.set(key, layer);
    const descriptor = descriptorOf(layer, key);
    publisher.publish(descriptor, () => content.open(layer.digest));
    return { descriptor, diffId: layer.diffId, comment: parts.comment, reused: here !== undefined };
  }

  #key({ kind, inputs }: LayerParts): string {
    return layerKey({ kind, encoder: this.#context.encoder.id, inputs });
  }
}

function descriptorOf({ mediaType, digest, size, diffId }: Found, key: string): BuiltLayer["descriptor"] {
  return annotated({ mediaType, digest, size }, key, diffId);
}
