import { type ImageRecords, imageKeys } from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import {
  type ContainerConfig,
  type Digest,
  formatPlatform,
  type HistoryEntry,
  type ImageConfig,
  type ImageManifest,
  isImageIndex,
  matchesPlatform,
  type Platform,
  parseManifest,
  parsePlatform,
  platformOfConfig,
  type StoredManifest,
} from "@imagespec/oci";
import { formatPlace, type ImagePlace } from "./image-place.ts";
import type { OpenedImage } from "./open-image.ts";
import { readConfig } from "./read-config.ts";
import { type RecordSummary, summarizeRecord } from "./record-summary.ts";

/** Everything that can be told of an image without reading its layers. */
export interface ImageDescription {
  readonly reference: string;
  readonly place: ImagePlace["kind"];
  readonly digest: Digest;
  readonly mediaType: string;
  /** Of an index. */
  readonly annotations: Readonly<Record<string, string>> | undefined;
  /** One of each platform. */
  readonly images: readonly PlatformDescription[];
  /** Entries of the index that are no images, such as attestations, and images that are not at this place. */
  readonly others: readonly { readonly digest: Digest; readonly what: string }[];
}

export interface PlatformDescription {
  /** Nothing for an artifact. */
  readonly platform: string | undefined;
  readonly digest: Digest;
  readonly mediaType: string;
  readonly artifactType: string | undefined;
  readonly configDigest: Digest;
  /** Compressed, with the config. */
  readonly size: number;
  readonly layers: readonly LayerDescription[];
  readonly config: ContainerConfig | undefined;
  readonly created: string | undefined;
  readonly fingerprint: string | undefined;
  /** What was built, when imagespec built it and the record is there. */
  readonly record: RecordSummary | undefined;
  /** Why it cannot be told whether there is a record. */
  readonly recordProblem: string | undefined;
}

export interface LayerDescription {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Compressed. */
  readonly size: number;
  readonly diffId: Digest | undefined;
  /** What its history says that it holds. */
  readonly holds: string | undefined;
}

interface Options {
  readonly platform: Platform | undefined;
  readonly records: ImageRecords | undefined;
  readonly signal: AbortSignal;
}

/** @throws IMAGE_NOT_FOUND when there is no image for the platform; MANIFEST_INVALID, and what reading throws */
export async function describeImage(image: OpenedImage, options: Options): Promise<ImageDescription> {
  const { root, place, source } = image;
  const document = parseManifest(root.bytes, root.descriptor.mediaType);
  const found: { stored: StoredManifest; manifest: ImageManifest }[] = [];
  const others: { digest: Digest; what: string }[] = [];
  const collect = async (stored: StoredManifest, depth: number): Promise<void> => {
    const manifest = parseManifest(stored.bytes, stored.descriptor.mediaType);
    if (!isImageIndex(manifest)) {
      found.push({ stored, manifest });
      return;
    }
    for (const entry of manifest.manifests) {
      const { digest, platform } = entry;
      if (platform?.os === "unknown") {
        others.push({ digest, what: entry.artifactType ?? "attestation" });
        continue;
      }
      if (options.platform !== undefined && platform !== undefined && !matchesPlatform(options.platform, platform))
        continue;
      const child = depth < maxDepth ? await source.readManifest({ digest }, { signal: options.signal }) : undefined;
      if (child !== undefined) await collect(child, depth + 1);
      else others.push({ digest, what: `${platform === undefined ? "image" : formatPlatform(platform)}, not here` });
    }
  };
  await collect(root, 0);
  const images = await Promise.all(
    found.map(({ stored, manifest }) => describePlatform(image, stored, manifest, options)),
  );
  const wanted = images.filter(({ platform }) => isWanted(platform, options.platform));
  if (wanted.length === 0 && options.platform !== undefined) throw noPlatform(image, options.platform);
  return {
    reference: formatPlace(place),
    place: place.kind,
    digest: root.descriptor.digest,
    mediaType: root.descriptor.mediaType,
    annotations: isImageIndex(document) ? document.annotations : undefined,
    images: wanted,
    others,
  };
}

const maxDepth = 8;

async function describePlatform(
  { source }: OpenedImage,
  stored: StoredManifest,
  manifest: ImageManifest,
  { records, signal }: Options,
): Promise<PlatformDescription> {
  const config = await readConfig(source, manifest, signal);
  const { digest, mediaType } = stored.descriptor;
  const record = await readRecord(records, digest, signal);
  const holds = config === undefined ? [] : layerHistory(config, manifest.layers.length);
  return {
    platform: config === undefined ? undefined : formatPlatform(platformOfConfig(config)),
    digest,
    mediaType,
    artifactType: manifest.artifactType,
    configDigest: manifest.config.digest,
    size: manifest.layers.reduce((sum, { size }) => sum + size, manifest.config.size),
    layers: manifest.layers.map((layer, index) => ({
      digest: layer.digest,
      mediaType: layer.mediaType,
      size: layer.size,
      diffId: config?.rootfs.diff_ids[index],
      holds: holds[index] ?? layer.annotations?.["org.opencontainers.image.title"],
    })),
    config: config?.config,
    created: config?.created,
    fingerprint: config?.config?.Labels?.[imageKeys.fingerprint],
    record: record.bytes === undefined ? undefined : summarizeRecord(record.bytes),
    recordProblem: record.problem,
  };
}

/** The record is an extra: a registry that does not give it away still shows the image. */
async function readRecord(
  records: ImageRecords | undefined,
  digest: Digest,
  signal: AbortSignal,
): Promise<{ readonly bytes?: Uint8Array | undefined; readonly problem?: string }> {
  try {
    return { bytes: await records?.read(digest, { signal }) };
  } catch (error) {
    if (!isImageSpecError(error) || error.origin !== "registry") throw error;
    return { problem: error.message };
  }
}

/** What each layer holds, in the words of the history: an entry a layer, unless the two do not fit together. */
function layerHistory({ history = [] }: ImageConfig, layers: number): readonly (string | undefined)[] {
  const entries = history.filter(({ empty_layer: isEmpty }) => isEmpty !== true);
  return entries.length === layers ? entries.map(wordsOf) : [];
}

function wordsOf({ created_by: by, comment }: HistoryEntry): string | undefined {
  const words = (by || comment || "").replace(/^\/bin\/sh -c (?:#\(nop\) +)?/, "").replace(/\s+/g, " ");
  return words.trim() === "" ? undefined : words.trim();
}

function isWanted(platform: string | undefined, wanted: Platform | undefined): boolean {
  if (wanted === undefined) return true;
  return platform !== undefined && matchesPlatform(wanted, parsePlatform(platform));
}

function noPlatform({ place }: OpenedImage, platform: Platform): ImageSpecError {
  const text = formatPlatform(platform);
  return new ImageSpecError("IMAGE_NOT_FOUND", `"${formatPlace(place)}" has no image for "${text}"`, {
    hint: "leave out --platform to see which ones it has",
    details: { platform: text },
  });
}
