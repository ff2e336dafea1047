import { ImageSpecError } from "@imagespec/errors";
import { isIndexMediaType, isManifestMediaType, mediaTypes } from "../media-types.ts";
import { omitUndefined } from "../omit-undefined.ts";
import { quote } from "../quote.ts";
import { type Descriptor, parseDescriptor } from "./descriptor.ts";
import { JsonObjectReader } from "./json-object-reader.ts";
import { maxManifestSize, parseJson } from "./parse-json.ts";

/**
 * Names the config and the layers of an image of one platform, or the content of an artifact.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/manifest.md
 */
export interface ImageManifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  /** The lowest layer first. */
  readonly layers: readonly Descriptor[];
  /** The manifest that this one refers to. */
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Names the manifests of an image, one for each platform.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/image-index.md
 */
export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Whether this is an index, not a manifest. */
export function isImageIndex(manifest: ImageManifest | ImageIndex): manifest is ImageIndex {
  return "manifests" in manifest;
}

/**
 * Reads a manifest or index, OCI or Docker, of at most {@link maxManifestSize} bytes.
 *
 * What it is follows from its `mediaType` field and `mediaType`, which must agree; where neither says it, from its fields.
 *
 * @param mediaType the Content-Type header or the media type of the descriptor
 * @throws `MANIFEST_INVALID` naming the path of the field, its value and what to fix
 */
export function parseManifest(bytes: Uint8Array | string, mediaType?: string): ImageManifest | ImageIndex {
  const value = parseJson(bytes, "manifest", maxManifestSize);
  const fields = new JsonObjectReader(value, "manifest");
  const type = typeOf(fields, mediaType);
  if (fields.get("schemaVersion") !== 2)
    throw fields.invalid("schemaVersion", { expected: "2", hint: 'write the number 2 as "schemaVersion"' });
  const index = isIndexMediaType(type);
  refuseForeignFields(fields, type, index ? ["config", "layers"] : ["manifests"]);
  return index ? readIndex(new JsonObjectReader(value, "index"), type) : readManifest(fields, type);
}

function typeOf(fields: JsonObjectReader, header: string | undefined): string {
  const field = fields.optionalString("mediaType");
  const stated = essence(header);
  for (const type of [field, stated]) if (type !== undefined) refuseOldTypes(type);
  if (field === undefined && fields.get("schemaVersion") === 1) refuseOldTypes(mediaTypes.dockerSchema1Manifest);
  if (field !== undefined && !isManifestMediaType(field) && !isIndexMediaType(field))
    throw fields.invalid("mediaType", { expected: "the media type of a manifest or index", hint: typeHint });
  if (stated === undefined) return field ?? typeByShape(fields);
  if (!isManifestMediaType(stated) && !isIndexMediaType(stated))
    throw new ImageSpecError("MANIFEST_INVALID", `${quote(stated)} is not the media type of a manifest or index`, {
      hint: typeHint,
      details: { mediaType: stated },
    });
  if (field !== undefined && field !== stated)
    throw new ImageSpecError(
      "MANIFEST_INVALID",
      `"${fields.at("mediaType")}" is ${quote(field)}, but the content was served as ${quote(stated)}`,
      {
        hint: "push the image anew: with two types, two readers could take it for two different images",
        details: { path: fields.at("mediaType"), mediaType: stated },
      },
    );
  return stated;
}

const typeHint = `use "${mediaTypes.ociManifest}" or "${mediaTypes.ociIndex}", or their Docker counterparts`;

/** A media type without parameters; nothing for the types that servers give any JSON. */
function essence(header: string | undefined): string | undefined {
  const type = header?.split(";", 1)[0]?.trim().toLowerCase();
  const generic = ["", "application/json", "application/octet-stream", "binary/octet-stream", "text/plain"];
  return type === undefined || generic.includes(type) ? undefined : type;
}

function refuseOldTypes(type: string): void {
  if (type === mediaTypes.dockerSchema1Manifest || type === mediaTypes.dockerSchema1SignedManifest)
    throw new ImageSpecError("MANIFEST_INVALID", `the manifest is of Docker's obsolete schema 1, type ${quote(type)}`, {
      hint: "push the image anew with a current Docker, BuildKit or skopeo, which write OCI manifests",
      details: { mediaType: type },
    });
  if (type === mediaTypes.ociArtifactManifest)
    throw new ImageSpecError(
      "MANIFEST_INVALID",
      `${quote(type)} was dropped before version 1.1 of the image specification`,
      {
        hint: 'push the artifact anew as an image manifest with "artifactType"',
        details: { mediaType: type },
      },
    );
}

function typeByShape(fields: JsonObjectReader): string {
  const index = fields.get("manifests") !== undefined;
  const manifest = fields.get("layers") !== undefined || fields.get("config") !== undefined;
  if (index !== manifest) return index ? mediaTypes.ociIndex : mediaTypes.ociManifest;
  throw fields.invalid("mediaType", {
    expected: "the media type of a manifest or index",
    hint: index ? 'keep either "manifests", or "config" and "layers"' : typeHint,
  });
}

// One content must not be a manifest to one reader and an index to another (CVE-2021-41190).
function refuseForeignFields(fields: JsonObjectReader, type: string, keys: readonly string[]): void {
  for (const key of keys) {
    if (fields.get(key) === undefined) continue;
    throw new ImageSpecError(
      "MANIFEST_INVALID",
      `"${fields.at(key)}" does not belong in content of type ${quote(type)}`,
      {
        hint: `remove "${key}", or correct the media type`,
        details: { path: fields.at(key), mediaType: type },
      },
    );
  }
}

function readManifest(fields: JsonObjectReader, mediaType: string): ImageManifest {
  return omitUndefined({
    schemaVersion: 2 as const,
    mediaType,
    artifactType: fields.optionalString("artifactType"),
    config: parseDescriptor(fields.get("config"), fields.at("config")),
    layers: readList(fields, "layers"),
    ...readCommon(fields),
  });
}

function readIndex(fields: JsonObjectReader, mediaType: string): ImageIndex {
  return omitUndefined({
    schemaVersion: 2 as const,
    mediaType,
    artifactType: fields.optionalString("artifactType"),
    manifests: readList(fields, "manifests"),
    ...readCommon(fields),
  });
}

function readList(fields: JsonObjectReader, key: string): readonly Descriptor[] {
  const list = fields.optionalList(key, parseDescriptor);
  if (list !== undefined) return list;
  // Go writes a list that was never filled as null: that is an empty one, a field that is not there is not.
  if (fields.keys().includes(key)) return [];
  throw fields.invalid(key, { expected: "a list of descriptors" });
}

function readCommon(fields: JsonObjectReader): {
  readonly subject: Descriptor | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
} {
  const subject = fields.get("subject");
  return {
    subject: subject === undefined ? undefined : parseDescriptor(subject, fields.at("subject")),
    annotations: fields.optionalStringMap("annotations"),
  };
}

/**
 * Reads a manifest, as {@link parseManifest} does, and refuses an index.
 *
 * @throws `MANIFEST_INVALID`
 */
export function parseImageManifest(bytes: Uint8Array | string, mediaType?: string): ImageManifest {
  const manifest = parseManifest(bytes, mediaType);
  if (!isImageIndex(manifest)) return manifest;
  throw new ImageSpecError("MANIFEST_INVALID", `a manifest is needed, this is an index: ${quote(manifest.mediaType)}`, {
    hint: "choose the manifest of one platform from the index",
    details: { mediaType: manifest.mediaType },
  });
}

/**
 * Reads an index, as {@link parseManifest} does, and refuses a manifest.
 *
 * @throws `MANIFEST_INVALID`
 */
export function parseImageIndex(bytes: Uint8Array | string, mediaType?: string): ImageIndex {
  const index = parseManifest(bytes, mediaType);
  if (isImageIndex(index)) return index;
  throw new ImageSpecError("MANIFEST_INVALID", `an index is needed, this is a manifest: ${quote(index.mediaType)}`, {
    hint: "use the manifest as it is: it is of one platform",
    details: { mediaType: index.mediaType },
  });
}
