import {
  createDigester,
  type Descriptor,
  type Digest,
  digestOf,
  encodeManifest,
  formatImageReference,
  isDigest,
  maxManifestSize,
  mediaTypes,
  parseImageConfig,
  parseImageReference,
  platformOfConfig,
  type StoredManifest,
} from "@imagespec/oci";
import { withEntryName } from "../layout/index-entries.ts";
import type { ArchiveContent } from "./archive-content.ts";
import type { ArchivedFile, ArchiveFile } from "./archive-file.ts";

/** One element of `manifest.json`. */
interface LegacyImage {
  readonly config: string;
  readonly names: readonly string[];
  readonly layers: readonly string[];
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function parseLegacyManifest(text: string, damaged: (reason: string) => Error): readonly LegacyImage[] {
  let images: unknown;
  try {
    images = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged('its "manifest.json" is not JSON');
    throw error;
  }
  if (!Array.isArray(images)) throw damaged('its "manifest.json" is not a list');
  return images.map((image: unknown) => {
    const fields: Readonly<Record<string, unknown>> = typeof image === "object" && image !== null ? { ...image } : {};
    const { Config: config, RepoTags: names, Layers: layers } = fields;
    if (typeof config !== "string" || !isTexts(layers) || !(names === null || names === undefined || isTexts(names)))
      throw damaged('its "manifest.json" has an entry without Config, RepoTags or Layers');
    return { config, names: names ?? [], layers };
  });
}

/** Reads the form that `docker save` had before it became an OCI layout, and makes the OCI manifests that it lacks. */
class LegacyReader {
  readonly #archive: ArchiveFile;
  readonly blobs: Map<Digest, ArchivedFile> = new Map();
  readonly manifests: Map<Digest, StoredManifest> = new Map();
  readonly entries: Descriptor[] = [];

  constructor(archive: ArchiveFile) {
    this.#archive = archive;
  }

  #find(path: string): ArchivedFile {
    const file = this.#archive.find(path);
    if (file === undefined) throw this.#archive.damaged(`"${path}", which its manifest names, is not in it`);
    return file;
  }

  async addImage(image: LegacyImage): Promise<void> {
    const configFile = this.#find(image.config);
    const configBytes = await this.#archive.read(configFile, maxManifestSize);
    const config = parseImageConfig(configBytes);
    const diffIds = config.rootfs.diff_ids;
    if (diffIds.length !== image.layers.length)
      throw this.#archive.damaged(
        `"${image.config}" names ${diffIds.length} layers, "manifest.json" ${image.layers.length}`,
      );
    const layers: Descriptor[] = [];
    for (const [index, path] of image.layers.entries()) layers.push(await this.#addLayer(path, diffIds[index]));
    const configDigest = digestOf(configBytes);
    this.blobs.set(configDigest, configFile);
    const manifest = encodeManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: mediaTypes.ociConfig, digest: configDigest, size: configFile.size },
      layers,
    });
    this.manifests.set(manifest.descriptor.digest, manifest);
    const entry: Descriptor = { ...manifest.descriptor, platform: platformOfConfig(config) };
    const names = image.names.map((name) => formatImageReference(parseImageReference(name)));
    this.entries.push(...(names.length === 0 ? [entry] : names.map((name) => withEntryName(entry, name))));
  }

  async #addLayer(path: string, diffId: Digest | undefined): Promise<Descriptor> {
    const file = this.#find(path);
    const mediaType = await this.#layerType(file);
    const named = `sha256:${/(?:^|\/)blobs\/sha256\/([0-9a-f]{64})$/.exec(path)?.[1] ?? ""}`;
    // An uncompressed layer's digest is its diffID; reading verifies it either way.
    const known = isDigest(named) ? named : mediaType === mediaTypes.ociLayer ? diffId : undefined;
    const digest = known ?? (await this.#digest(file));
    this.blobs.set(digest, file);
    return { mediaType, digest, size: file.size };
  }

  async #layerType(file: ArchivedFile): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#archive.stream(file, 4)) chunks.push(chunk);
    const magic = Buffer.concat(chunks).toString("hex");
    if (magic.startsWith("1f8b")) return mediaTypes.ociLayerGzip;
    return magic === "28b52ffd" ? mediaTypes.ociLayerZstd : mediaTypes.ociLayer;
  }

  async #digest(file: ArchivedFile): Promise<Digest> {
    const digester = createDigester();
    for await (const chunk of this.#archive.stream(file)) digester.update(chunk);
    return digester.digest();
  }
}

/** Reads a docker archive of the old form; nothing when it is none. @throws STORE_CORRUPT, MANIFEST_INVALID */
export async function readLegacyContent(archive: ArchiveFile): Promise<ArchiveContent | undefined> {
  const file = archive.find("manifest.json");
  if (file === undefined) return undefined;
  const text = Buffer.from(await archive.read(file, maxManifestSize)).toString("utf8");
  const reader = new LegacyReader(archive);
  for (const image of parseLegacyManifest(text, (reason) => archive.damaged(reason))) await reader.addImage(image);
  return { entries: reader.entries, blob: (digest) => reader.blobs.get(digest), manifests: reader.manifests };
}
