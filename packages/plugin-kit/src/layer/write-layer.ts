import { gzipSync } from "node:zlib";
import { type Descriptor, type Digest, descriptorOf, digestOf, type ImageSink, mediaTypes } from "@imagespec/oci";
import { type LayerEntry, tarOf } from "./layer-entry.ts";

/** A layer that was written. */
export interface WrittenLayer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

/** Writes entries as a compressed layer, the same bytes for the same entries. */
export async function writeLayer(
  sink: ImageSink,
  entries: readonly LayerEntry[],
  signal?: AbortSignal,
): Promise<WrittenLayer> {
  const tar = tarOf(entries);
  const bytes = gzipSync(tar);
  const descriptor = descriptorOf(bytes, mediaTypes.ociLayerGzip);
  await sink.writeBlob(descriptor, () => once(bytes), { signal });
  return { descriptor, diffId: digestOf(tar) };
}

/** A content of one piece. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
