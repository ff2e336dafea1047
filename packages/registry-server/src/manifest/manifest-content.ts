import { type Digest, isDigest, isForeignLayer, isIndexMediaType, mediaTypes } from "@imagespec/oci";

/** What a registry must know of a manifest. Everything else in it is the client's business. */
export interface ManifestContent {
  readonly mediaType: string;
  /** Config and layers that the repository should have. */
  readonly blobs: readonly Digest[];
  /** Layers that clients fetch from elsewhere, and may have pushed all the same. */
  readonly foreignBlobs: readonly Digest[];
  /** Manifests that an index names. */
  readonly manifests: readonly Digest[];
  readonly subject: Digest | undefined;
  /** As the referrers API reports it: of an image without one, its config's media type. */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, unknown>> | undefined;
}

/** A manifest that no registry should take; becomes `MANIFEST_INVALID`. */
export class ManifestProblem extends Error {}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a manifest or index as leniently as the specification wants it of a registry: unknown fields and media types pass, only what would
 * be stored under a wrong type or could not be resolved later is refused.
 *
 * @param contentType the `Content-Type` it came with; parameters are ignored
 * @throws ManifestProblem
 */
export function readManifestContent(bytes: Uint8Array, contentType: string | undefined): ManifestContent {
  const manifest = parseObject(bytes);
  const declared = text(manifest, "mediaType");
  const sent = contentType?.split(";")[0]?.trim() || undefined;
  if (declared !== undefined && sent !== undefined && declared.toLowerCase() !== sent.toLowerCase()) {
    throw new ManifestProblem(`the content type "${sent}" is not the manifest's media type "${declared}"`);
  }
  if (manifest["schemaVersion"] !== 2) throw new ManifestProblem('"schemaVersion" is not 2');

  const isIndex = Array.isArray(manifest["manifests"]);
  if (isIndex && Array.isArray(manifest["layers"])) {
    throw new ManifestProblem('it has both "manifests" and "layers", so it could be read as two things');
  }
  const mediaType = sent ?? declared ?? (isIndex ? mediaTypes.ociIndex : mediaTypes.ociManifest);
  if (!/^[a-z]+\/[a-z0-9!#$&^_.+-]*json$/i.test(mediaType)) {
    throw new ManifestProblem(`"${mediaType}" is not the media type of a manifest`);
  }
  if (isIndexMediaType(mediaType) && !isIndex) throw new ManifestProblem('an index without "manifests"');

  const subject = manifest["subject"];
  const common = {
    mediaType,
    subject: subject === undefined || subject === null ? undefined : descriptorDigest(subject, "subject"),
    annotations: isObject(manifest["annotations"]) ? manifest["annotations"] : undefined,
  };
  const artifactType = text(manifest, "artifactType") || undefined;
  if (isIndex) {
    const manifests = descriptors(manifest, "manifests").map((item, at) => descriptorDigest(item, `manifests[${at}]`));
    return { ...common, blobs: [], foreignBlobs: [], manifests, artifactType };
  }

  const config = manifest["config"];
  const layers = descriptors(manifest, "layers");
  if (config === undefined && !Array.isArray(manifest["layers"])) {
    throw new ManifestProblem('it has neither "manifests" nor "config" and "layers"');
  }
  const blobs = config === undefined ? [] : [descriptorDigest(config, "config")];
  const foreignBlobs: Digest[] = [];
  for (const [at, layer] of layers.entries()) {
    const digest = descriptorDigest(layer, `layers[${at}]`);
    (isForeignLayer(text(layer, "mediaType") ?? "") ? foreignBlobs : blobs).push(digest);
  }
  const configType = isObject(config) ? text(config, "mediaType") : undefined;
  return { ...common, blobs, foreignBlobs, manifests: [], artifactType: artifactType ?? configType };
}

function parseObject(bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    throw new ManifestProblem("it is not JSON in UTF-8", { cause: error });
  }
  if (!isObject(value)) throw new ManifestProblem("it is not a JSON object");
  return value;
}

function descriptors(manifest: JsonObject, field: string): readonly JsonObject[] {
  const list = manifest[field];
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown, at) => {
    if (!isObject(item)) throw new ManifestProblem(`"${field}[${at}]" is not a descriptor`);
    return item;
  });
}

function descriptorDigest(value: unknown, path: string): Digest {
  if (!isObject(value)) throw new ManifestProblem(`"${path}" is not a descriptor`);
  const digest = value["digest"];
  if (!isDigest(digest)) throw new ManifestProblem(`"${path}.digest" is not a sha256 or sha512 digest`);
  if (!Number.isSafeInteger(value["size"])) throw new ManifestProblem(`"${path}.size" is not a number of bytes`);
  return digest;
}

function text(value: JsonObject, field: string): string | undefined {
  const found = value[field];
  if (found === undefined || found === null) return undefined;
  if (typeof found !== "string") throw new ManifestProblem(`"${field}" is not a text`);
  return found;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
