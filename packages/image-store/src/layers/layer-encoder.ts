import type { Digest } from "@imagespec/oci";
import type { TarPiece } from "./tar-pieces.ts";

/** A layer on its way: what is known of the plain tar is known once the chunks have been read. */
export interface EncodedLayer {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** sha256 of the plain tar. */
  diffId(): Digest;
  /** Bytes of the plain tar. */
  plainSize(): number;
}

/** A way of turning plain tar into the blob of a layer. The same tar gives the same blob on one type of machine. */
export interface LayerEncoder {
  /** Part of the key of cached layers: another way of encoding has another name. */
  readonly id: string;
  readonly mediaType: string;
  encode(pieces: Iterable<TarPiece> | AsyncIterable<TarPiece>): EncodedLayer;
}
