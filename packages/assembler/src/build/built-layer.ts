import { layerKey, type WrittenLayer } from "@imagespec/image-store/layers";
import type { BlobContent } from "@imagespec/oci";
import type { AddedLayer } from "../image/image-document.ts";
import type { BuildContext } from "./build-context.ts";

/** A layer of the image with where it came from. */
export interface BuiltLayer extends AddedLayer {
  readonly reused: boolean;
}

/** A layer that other machines may have made, or may take from this one. */
export interface SharedLayer extends BuiltLayer {
  readonly written: WrittenLayer;
  readonly content: BlobContent;
}

/** What a layer is made from, and how its line in the history reads. */
export interface LayerParts {
  readonly kind: string;
  readonly comment: string;
  readonly inputs: readonly string[];
}

/** The name of a layer in the cache and in the index. */
export function keyOf({ encoder }: Pick<BuildContext, "encoder">, { kind, inputs }: LayerParts): string {
  return layerKey({ kind, encoder: encoder.id, inputs });
}

/** Finds a layer that was made before or makes it, and starts publishing it. */
export async function builtLayer(
  context: BuildContext,
  parts: LayerParts,
  make: () => Promise<WrittenLayer>,
): Promise<BuiltLayer> {
  return sharedLayer({ ...context, index: undefined }, parts, make);
}

/** As {@link builtLayer}, with a look into the index before the layer is made. */
export async function sharedLayer(
  context: BuildContext,
  parts: LayerParts,
  make: () => Promise<WrittenLayer>,
): Promise<SharedLayer> {
  const { cache, content, publisher, index, request } = context;
  const key = keyOf(context, parts);
  const before = await cache.get(key);
  const indexed = before === undefined ? await index?.layer(key) : undefined;
  const written = before ?? indexed ?? (await make());
  if (before === undefined && indexed === undefined) await cache.set(key, written);
  const { mediaType, digest, size, diffId } = written;
  const descriptor = { mediaType, digest, size };
  const isRemote = index !== undefined && indexed !== undefined;
  const open: BlobContent = isRemote ? index.content(descriptor) : () => content.open(digest);
  const isNear = isRemote && request.output.kind === "registry" && request.output.registry === index.registry;
  publisher.publish(descriptor, open, isNear ? [index.repository] : []);
  const reused = before !== undefined || indexed !== undefined;
  return { descriptor, diffId, comment: parts.comment, reused, written, content: open };
}
