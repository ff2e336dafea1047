import { layerKey, type WrittenLayer } from "@imagespec/image-store/layers";
import type { AddedLayer } from "../image/image-document.ts";
import type { BuildContext } from "./build-context.ts";

/** A layer of the image with where it came from. */
export interface BuiltLayer extends AddedLayer {
  readonly reused: boolean;
}

/** Finds a layer that was made before or makes it, and starts publishing it. */
export async function builtLayer(
  context: BuildContext,
  parts: { readonly kind: string; readonly comment: string; readonly inputs: readonly string[] },
  make: () => Promise<WrittenLayer>,
): Promise<BuiltLayer> {
  const { cache, content, encoder, publisher } = context;
  const key = layerKey({ kind: parts.kind, encoder: encoder.id, inputs: parts.inputs });
  const before = await cache.get(key);
  const layer = before ?? (await make());
  if (before === undefined) await cache.set(key, layer);
  const { mediaType, digest, size, diffId } = layer;
  const descriptor = { mediaType, digest, size };
  publisher.publish(descriptor, () => content.open(digest));
  return { descriptor, diffId, comment: parts.comment, reused: before !== undefined };
}
