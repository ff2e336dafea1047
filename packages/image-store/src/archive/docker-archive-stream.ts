import { ImageSpecError, throwIfAborted } from "@imagespec/errors";
import type { Descriptor, Digest, ImageSource } from "@imagespec/oci";
import { tarPadding, tarTrailer } from "../tar/tar-header.ts";
import {
  type DockerArchiveOptions,
  type DockerArchivePlan,
  type PlannedFile,
  planDockerArchive,
  plannedHeader,
} from "./docker-archive-plan.ts";

async function* blob(source: ImageSource, layer: Descriptor, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  let size = 0;
  const wrongSize = (): ImageSpecError =>
    new ImageSpecError(
      "DIGEST_MISMATCH",
      `the layer "${layer.digest}" has not the ${layer.size} bytes of its manifest`,
      {
        hint: "Build or copy the image again",
        details: { digest: layer.digest, size: layer.size },
      },
    );
  for await (const chunk of await source.openBlob(layer, { signal })) {
    size += chunk.length;
    // The size is in the header already: one byte more would be read as the next header.
    if (size > layer.size) throw wrongSize();
    yield chunk;
  }
  if (size !== layer.size) throw wrongSize();
}

async function* fileBytes(source: ImageSource, file: PlannedFile, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  yield plannedHeader(file);
  if (file.content instanceof Uint8Array) yield file.content;
  else yield* blob(source, file.content, signal);
  const padding = tarPadding(file.size);
  if (padding.length > 0) yield padding;
}

/** The bytes of a planned archive. */
export async function* streamPlan(
  source: ImageSource,
  plan: DockerArchivePlan,
  options: DockerArchiveOptions,
): AsyncGenerator<Uint8Array> {
  const { signal, onProgress } = options;
  let bytes = 0;
  for (const file of plan.files) {
    for await (const chunk of fileBytes(source, file, signal)) {
      throwIfAborted(signal);
      bytes += chunk.length;
      yield chunk;
      onProgress?.(bytes);
    }
  }
  yield tarTrailer;
  onProgress?.(bytes + tarTrailer.length);
}

/**
 * An image as a docker archive, for `POST /images/load` or `docker load`. The same image and names give the same bytes. Layers
 * stay compressed as they are; nothing is held in memory but small documents.
 *
 * @throws IMAGE_NOT_FOUND, MANIFEST_INVALID, REFERENCE_INVALID, DIGEST_MISMATCH, ABORTED, and what the source throws
 */
export async function* dockerArchiveStream(
  source: ImageSource,
  reference: { readonly digest: Digest },
  options: DockerArchiveOptions,
): AsyncGenerator<Uint8Array> {
  yield* streamPlan(source, await planDockerArchive(source, reference, options), options);
}
