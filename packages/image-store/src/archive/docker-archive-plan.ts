import { ImageSpecError } from "@imagespec/errors";
import {
  annotationKeys,
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestHex,
  encodeManifest,
  familiarImageReference,
  formatImageReference,
  type ImageReference,
  type ImageSource,
  mediaTypes,
  type Platform,
  parseImageReference,
  platformOfConfig,
} from "@imagespec/oci";
import { layoutMarker } from "../layout/layout-marker.ts";
import { tarHeader, tarPadding, tarTrailer } from "../tar/tar-header.ts";
import { type SelectedImage, selectImage } from "./select-image.ts";

/** The annotation from which containerd, and so Docker's newer store, takes the name of an imported image. */
export const containerdNameKey = "io.containerd.image.name";

/** What goes into a docker archive. */
export interface DockerArchiveOptions {
  /** References that the image has after loading; those without a tag are refused. May be empty. */
  readonly names: readonly string[];
  /** Which image of an index. @default the only one */
  readonly platform?: Platform;
  readonly signal?: AbortSignal;
  /** Called with the bytes of the archive made so far. */
  readonly onProgress?: (bytes: number) => void;
}

/** One file of the archive. */
export interface PlannedFile {
  readonly path: string;
  readonly size: number;
  /** Content at hand, or the blob to stream. */
  readonly content: Uint8Array | Descriptor;
}

/** An archive of which everything is known but the bytes of the layers. */
export interface DockerArchivePlan {
  readonly imageId: Digest;
  readonly files: readonly PlannedFile[];
  /** Size of the archive. */
  readonly bytes: number;
}

function blobPath(digest: Digest): string {
  return `blobs/${digestAlgorithm(digest)}/${digestHex(digest)}`;
}

/** The header of a file in the archive. */
export function plannedHeader(file: PlannedFile): Uint8Array {
  return tarHeader({ path: file.path, type: "file", mode: 0o644, uid: 0, gid: 0, size: file.size, mtime: 0 });
}

function parseName(name: string): ImageReference & { readonly tag: string } {
  const reference = parseImageReference(name);
  const { tag } = reference;
  if (tag === undefined)
    throw new ImageSpecError("REFERENCE_INVALID", `"${name}" has no tag`, {
      hint: "Give the image a name with a tag: a digest cannot be loaded into an engine as a name",
      details: { reference: name },
    });
  const { registry, repository } = reference;
  return { registry, repository, tag };
}

function inMemory(path: string, content: Uint8Array): PlannedFile {
  return { path, size: content.length, content };
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** One entry a name, as `docker save` writes them; one without a name when there is none. */
function indexEntries({ stored, config }: SelectedImage, names: readonly (ImageReference & { tag: string })[]) {
  const { mediaType, digest, size } = stored.descriptor;
  const entry: Descriptor = { mediaType, digest, size, platform: platformOfConfig(config) };
  if (names.length === 0) return [entry];
  return names.map((name): Descriptor => {
    const annotations = { [containerdNameKey]: formatImageReference(name), [annotationKeys.refName]: name.tag };
    return { ...entry, annotations };
  });
}

/**
 * Plans the archive: an OCI layout, for engines that keep digests, and `manifest.json` over the same blobs for the others. The
 * small files come first so that readers know early what follows.
 *
 * @throws IMAGE_NOT_FOUND, MANIFEST_INVALID, REFERENCE_INVALID
 */
export async function planDockerArchive(
  source: ImageSource,
  reference: { readonly digest: Digest },
  options: DockerArchiveOptions,
): Promise<DockerArchivePlan> {
  const names = options.names.map(parseName);
  const image = await selectImage(source, reference.digest, options);
  const { stored, manifest, configBytes } = image;
  const index = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: indexEntries(image, names),
  });
  const legacy = {
    Config: blobPath(manifest.config.digest),
    RepoTags: names.map(familiarImageReference),
    Layers: manifest.layers.map(({ digest }) => blobPath(digest)),
  };
  const layers = [...new Map(manifest.layers.map((layer) => [layer.digest, layer])).values()];
  const files: readonly PlannedFile[] = [
    inMemory("oci-layout", Buffer.from(layoutMarker)),
    inMemory("index.json", index.bytes),
    inMemory("manifest.json", json([legacy])),
    inMemory(blobPath(stored.descriptor.digest), stored.bytes),
    inMemory(blobPath(manifest.config.digest), configBytes),
    ...layers.map((layer) => ({ path: blobPath(layer.digest), size: layer.size, content: layer })),
  ];
  const sizes = files.map((file) => plannedHeader(file).length + file.size + tarPadding(file.size).length);
  return {
    imageId: manifest.config.digest,
    files,
    bytes: sizes.reduce((sum, size) => sum + size, tarTrailer.length),
  };
}
