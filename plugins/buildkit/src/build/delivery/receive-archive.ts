import { ImageSpecError } from "@imagespec/errors";
import { type ContentStore, readTar } from "@imagespec/image-store";
import {
  type Descriptor,
  type Digest,
  isDigest,
  isIndexMediaType,
  maxManifestSize,
  parseImageIndex,
  type StoredManifest,
} from "@imagespec/oci";

/**
 * Takes the blobs of an OCI archive into the content store, but for those that are known already, and gives the manifest of its one
 * image.
 *
 * @throws MANIFEST_INVALID, DIGEST_MISMATCH, DISK_FULL, ABORTED
 */
export async function receiveArchive(
  archive: AsyncIterable<Uint8Array>,
  content: ContentStore,
  options: { readonly isKnown: (digest: Digest) => boolean; readonly signal: AbortSignal },
): Promise<StoredManifest> {
  let index: Uint8Array | undefined;
  for await (const { header, content: bytes } of readTar(archive)) {
    if (header.type !== "file") continue;
    if (header.path === "index.json") index = await collect(bytes, header.size);
    const blob = /^blobs\/(sha256|sha512)\/([0-9a-f]+)$/.exec(header.path);
    const digest = blob === null ? undefined : `${blob[1]}:${blob[2]}`;
    if (!isDigest(digest) || options.isKnown(digest)) continue;
    if ((await content.stat(digest))?.size === header.size) continue;
    await content.write(bytes, { expected: digest, size: header.size, signal: options.signal });
  }
  if (index === undefined) throw invalid("has no index");
  return readManifest(content, parseImageIndex(index).manifests);
}

async function readManifest(content: ContentStore, manifests: readonly Descriptor[]): Promise<StoredManifest> {
  const [only, ...others] = manifests;
  if (only === undefined || others.length > 0) throw invalid(`holds ${manifests.length} images instead of one`);
  const { mediaType, digest } = only;
  const bytes = await content.read(digest, { maxSize: maxManifestSize });
  if (isIndexMediaType(mediaType)) return readManifest(content, parseImageIndex(bytes).manifests);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

async function collect(content: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  if (size > maxManifestSize) throw invalid("has an index that is too large");
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function invalid(what: string): ImageSpecError {
  return new ImageSpecError("MANIFEST_INVALID", `the archive of the daemon ${what}`, { hint: "update the daemon" });
}
