import type { Digest, ImageSource } from "@imagespec/oci";
import { checkManifest } from "./check-manifest.ts";
import {
  type CheckedDescriptor,
  checkDescriptor,
  isObject,
  type Json,
  listOf,
  parseDocument,
  sha256,
} from "./documents.ts";
import { Findings, type ImageFinding } from "./finding.ts";

/** An image of a source: a tag, a digest, or both (then the digest counts). */
export interface ImageSelector {
  readonly tag?: string;
  readonly digest?: Digest;
}

const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
];
const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
];

/**
 * Reads a whole image anew and says all that is wrong with it: digests and sizes of every document and blob, diffIDs, media
 * types, tar frames, entries that leave the image, history and layer counts, platforms of an index. None of the code that
 * writes images takes part.
 *
 * @returns nothing when the image is sound
 */
export async function validateImage(source: ImageSource, reference: ImageSelector): Promise<readonly ImageFinding[]> {
  const findings = new Findings();
  const stored = await source.readManifest(reference);
  if (stored === undefined) {
    findings.add("manifest-missing", "", `no image "${reference.digest ?? reference.tag}"`);
    return findings.list;
  }
  const descriptor = checkDescriptor(findings, "", stored.descriptor);
  if (descriptor) {
    if (reference.digest !== undefined) {
      findings.check(
        descriptor.digest === reference.digest,
        "digest",
        "",
        `is ${descriptor.digest}, asked was ${reference.digest}`,
      );
    }
    await checkStored(findings, source, "", stored.bytes, descriptor);
  }
  return findings.list;
}

/** Checks a manifest or index; `at` is empty or ends with a dot. Gives the config of an image. */
async function checkStored(
  findings: Findings,
  source: ImageSource,
  at: string,
  bytes: Uint8Array,
  { digest, size, mediaType }: CheckedDescriptor,
): Promise<Json | undefined> {
  const where = at.replace(/\.$/, "");
  findings.check(
    sha256(bytes) === digest,
    "manifest-digest",
    where,
    `has digest ${sha256(bytes)}, stated is ${digest}`,
  );
  findings.check(bytes.length === size, "manifest-size", where, `has ${bytes.length} bytes, stated are ${size}`);
  const document = parseDocument(findings, where, bytes);
  if (document === undefined) return undefined;
  findings.check(document["schemaVersion"] === 2, "schema-version", where, "has another schemaVersion than 2");
  const own = document["mediaType"];
  findings.check(
    own === undefined || own === mediaType,
    "media-type",
    where,
    `says "${own}", is stored as "${mediaType}"`,
  );
  if (manifestTypes.includes(mediaType)) {
    findings.check(!("manifests" in document), "media-type", where, "is a manifest with a list of manifests");
    return checkManifest(findings, source, at, document, mediaType);
  }
  if (findings.check(indexTypes.includes(mediaType), "media-type", where, `is a "${mediaType}"`)) {
    await checkIndex(findings, source, at, document);
  }
  return undefined;
}

async function checkIndex(findings: Findings, source: ImageSource, at: string, index: Json): Promise<void> {
  const where = at.replace(/\.$/, "");
  findings.check(Array.isArray(index["manifests"]), "manifests", where, "has no list of manifests");
  findings.check(!("layers" in index) && !("config" in index), "media-type", where, "is an index with layers");
  const platforms = new Set<string>();
  for (const [position, entry] of listOf(index["manifests"]).entries()) {
    const childAt = `${at}manifests[${position}]`;
    const descriptor = checkDescriptor(findings, childAt, entry);
    if (descriptor === undefined || !isObject(entry)) continue;
    const stored = await source.readManifest({ digest: descriptor.digest });
    if (!findings.check(stored !== undefined, "manifest-missing", childAt, `is not there: ${descriptor.digest}`))
      continue;
    const config = await checkStored(findings, source, `${childAt}.`, stored?.bytes ?? new Uint8Array(), descriptor);
    if (config === undefined) continue;
    const platform = platformText(isObject(entry["platform"]) ? entry["platform"] : {});
    findings.check(!platforms.has(platform), "platform", childAt, `is a second image for ${platform}`);
    platforms.add(platform);
    findings.check(
      platform === platformText(config),
      "platform",
      childAt,
      `is for ${platform} by the index and for ${platformText(config)} by its config`,
    );
  }
}

/** `arm64/v8` and `arm64` are the same. */
function platformText(platform: Json): string {
  const { os, architecture, variant } = platform;
  const plain = variant === undefined || variant === "" || (architecture === "arm64" && variant === "v8");
  return plain ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}
