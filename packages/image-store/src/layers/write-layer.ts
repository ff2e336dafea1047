import type { Digest } from "@imagespec/oci";
import type { ContentStore } from "../content/content-store.ts";
import type { LayerEncoder } from "./layer-encoder.ts";
import type { TarPiece } from "./tar-pieces.ts";

/** A layer whose blob is in a content store. */
export interface WrittenLayer {
  readonly digest: Digest;
  /** Bytes of the blob. */
  readonly size: number;
  readonly diffId: Digest;
  /** Bytes of the plain tar. */
  readonly plainSize: number;
  readonly mediaType: string;
}

/** Encodes a tar into the content store; memory stays bounded whatever its size. @throws DISK_FULL, STORE_UNUSABLE, ABORTED */
export async function writeLayer(
  pieces: Iterable<TarPiece> | AsyncIterable<TarPiece>,
  options: { readonly content: ContentStore; readonly encoder: LayerEncoder; readonly signal?: AbortSignal },
): Promise<WrittenLayer> {
  const { content, encoder, signal } = options;
  const encoded = encoder.encode(pieces);
  const { digest, size } = await content.write(encoded.chunks, signal === undefined ? {} : { signal });
  return { digest, size, diffId: encoded.diffId(), plainSize: encoded.plainSize(), mediaType: encoder.mediaType };
}
