import type { WrittenLayer } from "@imagespec/image-store/layers";
import {
  type Descriptor,
  type EncodedDocument,
  encodeManifest,
  type ImageIndex,
  type ImageManifest,
  isDigest,
  isImageIndex,
  layerCompression,
  mediaTypes,
} from "@imagespec/oci";

/** What a record of the index is about. */
export type RecordKind = "layer" | "environment" | "base";

/** A layer with the key of what it was made from. */
export interface KeyedLayer extends WrittenLayer {
  readonly key: string;
}

/** One entry of the index, as it is read. */
export interface IndexRecord {
  readonly layers: readonly KeyedLayer[];
  /** A document that belongs to the entry: the files of a layer, the facts of a base. */
  readonly document: Descriptor | undefined;
}

/** The form of records; another form has other tags, so that old and new ones stand side by side. */
const form = "1";
const keyAnnotation = "dev.imagespec.index.key";
const diffIdAnnotation = "dev.imagespec.index.diff-id";
const plainSizeAnnotation = "dev.imagespec.index.plain-size";
const documentType = "application/vnd.imagespec.index.document.v1+json";

/** Bytes of the empty JSON object, the config of what is no image (image-spec, "Guidance for an Empty Descriptor"). */
export const emptyConfig: Uint8Array = new TextEncoder().encode("{}");
const emptyDescriptor: Descriptor = {
  mediaType: mediaTypes.ociEmpty,
  digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
  size: 2,
};

/** The tag under which a record stands. @param key 64 hexadecimal digits */
export function recordTag(kind: RecordKind, key: string): string {
  return `${kind}${form}-${key}`;
}

/** The descriptor of a record's document. */
export function documentDescriptor(described: Pick<Descriptor, "digest" | "size">): Descriptor {
  return { mediaType: documentType, digest: described.digest, size: described.size };
}

/** Writes a record as the manifest of an artifact, so that the registry keeps its blobs and lets them be mounted. */
export function encodeRecord(kind: RecordKind, key: string, { layers, document }: IndexRecord): EncodedDocument {
  return encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: artifactType(kind),
    config: emptyDescriptor,
    layers: [
      ...layers.map(({ key: layerKey, mediaType, digest, size, diffId, plainSize }) => ({
        mediaType,
        digest,
        size,
        annotations: {
          [keyAnnotation]: layerKey,
          [diffIdAnnotation]: diffId,
          [plainSizeAnnotation]: String(plainSize),
        },
      })),
      ...(document === undefined ? [] : [document]),
    ],
    annotations: { [keyAnnotation]: key },
  });
}

/** Reads a record; nothing when it is not exactly what {@link encodeRecord} writes for this kind and key. */
export function parseRecord(
  kind: RecordKind,
  key: string,
  manifest: ImageManifest | ImageIndex,
): IndexRecord | undefined {
  if (isImageIndex(manifest) || manifest.artifactType !== artifactType(kind)) return undefined;
  if (manifest.annotations?.[keyAnnotation] !== key) return undefined;
  const documents = manifest.layers.filter(({ mediaType }) => mediaType === documentType);
  const layers = manifest.layers.filter(({ mediaType }) => mediaType !== documentType).map(parseLayer);
  if (documents.length > 1 || !layers.every((layer) => layer !== undefined)) return undefined;
  if (kind === "layer" && (layers.length !== 1 || layers[0]?.key !== key)) return undefined;
  return { layers, document: documents[0] };
}

function parseLayer({ mediaType, digest, size, annotations = {} }: Descriptor): KeyedLayer | undefined {
  const key = annotations[keyAnnotation];
  const diffId = annotations[diffIdAnnotation];
  const plainSize = Number(annotations[plainSizeAnnotation]);
  if (key === undefined || !isDigest(diffId) || !Number.isSafeInteger(plainSize) || plainSize < 0) return undefined;
  if (layerCompression(mediaType) === undefined) return undefined;
  return { key, mediaType, digest, size, diffId, plainSize };
}

function artifactType(kind: RecordKind): string {
  return `application/vnd.imagespec.index.${kind}.v${form}`;
}
