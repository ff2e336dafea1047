import { createHash } from "node:crypto";
import path from "node:path";
import { isDigest } from "@imagespec/oci";
import type { ContentStore } from "../content/content-store.ts";
import { type KeyIndex, openKeyIndex } from "../keys/key-index.ts";
import type { WrittenLayer } from "./write-layer.ts";

/** Everything that decides the bytes of a layer. */
export interface LayerKeyParts {
  readonly kind: string;
  readonly encoder: string;
  /** In an order that does not depend on chance. */
  readonly inputs: readonly string[];
}

/** The name under which a layer is found again. */
export function layerKey({ kind, encoder, inputs }: LayerKeyParts): string {
  const text = JSON.stringify(["layer-v1", kind, encoder, ...inputs]);
  return createHash("sha256").update(text).digest("hex");
}

/** Finds layers that were made before, as long as their blobs are there. */
export interface LayerCache {
  get(key: string): Promise<WrittenLayer | undefined>;
  set(key: string, layer: WrittenLayer): Promise<void>;
}

/** Opens the cache in a folder of its own; the blobs are in the content store. */
export async function openLayerCache(folder: string, content: ContentStore): Promise<LayerCache> {
  const index: KeyIndex<WrittenLayer> = await openKeyIndex(path.join(folder, "layers"), { parse: parseLayer });
  return {
    async get(key) {
      const layer = await index.get(key);
      if (layer === undefined) return undefined;
      const found = await content.stat(layer.digest);
      return found?.size === layer.size ? layer : undefined;
    },
    set: (key, layer) => index.set(key, layer),
  };
}

function parseLayer(value: unknown): WrittenLayer | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { digest, size, diffId, plainSize, mediaType } = value as Partial<Record<keyof WrittenLayer, unknown>>;
  if (!isDigest(digest) || !isDigest(diffId) || typeof mediaType !== "string") return undefined;
  if (typeof size !== "number" || typeof plainSize !== "number") return undefined;
  return { digest, size, diffId, plainSize, mediaType };
}
