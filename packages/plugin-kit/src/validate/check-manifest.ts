import { isImageSpecError, messageOf } from "@imagespec/errors";
import type { ImageSource } from "@imagespec/oci";
import { checkConfig } from "./check-config.ts";
import { checkLayer } from "./check-layer.ts";
import { LayerEntries } from "./check-layer-entries.ts";
import { type CheckedDescriptor, checkDescriptor, type Json, listOf, parseDocument, sha256 } from "./documents.ts";
import type { Findings } from "./finding.ts";

interface Family {
  readonly config: string;
  readonly layer: RegExp;
}

const oci: Family = {
  config: "application/vnd.oci.image.config.v1+json",
  layer: /^application\/vnd\.oci\.image\.layer\.(nondistributable\.)?v1\.tar(\+gzip|\+zstd)?$/,
};
const docker: Family = {
  config: "application/vnd.docker.container.image.v1+json",
  layer: /^application\/vnd\.docker\.image\.rootfs\.(diff|foreign\.diff)\.tar(\.gzip)?$/,
};
const foreign = /nondistributable|foreign/;

/** Checks a manifest and all that it points to; gives the config of an image, for comparing with the index. */
export async function checkManifest(
  findings: Findings,
  source: ImageSource,
  at: string,
  manifest: Json,
  mediaType: string,
): Promise<Json | undefined> {
  const configAt = `${at}config`;
  const configDescriptor = checkDescriptor(findings, configAt, manifest["config"]);
  findings.check(Array.isArray(manifest["layers"]), "layers", at || "manifest", "has no list of layers");
  const layers = listOf(manifest["layers"]);
  const layerAt = (index: number) => `${at}layers[${index}]`;
  const layerDescriptors = layers.map((layer, index) => checkDescriptor(findings, layerAt(index), layer));

  const family = mediaType.startsWith("application/vnd.docker.") ? docker : oci;
  const isImage = configDescriptor?.mediaType === oci.config || configDescriptor?.mediaType === docker.config;
  const bytes = configDescriptor && (await readBlob(findings, source, configAt, configDescriptor));
  if (!isImage || isArtifact(layers)) {
    // Something else than an image, such as an attestation: its blobs have to be there and whole.
    for (const [index, descriptor] of layerDescriptors.entries()) {
      if (descriptor) await readBlob(findings, source, layerAt(index), descriptor);
    }
    return undefined;
  }
  const { mediaType: configType } = configDescriptor;
  findings.check(
    configType === family.config,
    "media-type",
    configAt,
    `has media type "${configType}" in a "${mediaType}"`,
  );

  const config = bytes && parseDocument(findings, configAt, bytes);
  const diffIds = config ? checkConfig(findings, configAt, config, layers.length) : [];
  const entries = new LayerEntries(findings);
  for (const [index, descriptor] of layerDescriptors.entries()) {
    if (descriptor === undefined) continue;
    const type = descriptor.mediaType;
    findings.check(
      family.layer.test(type),
      "media-type",
      layerAt(index),
      `has media type "${type}" in a "${mediaType}"`,
    );
    if (foreign.test(type)) continue;
    if (await isThere(findings, source, layerAt(index), descriptor)) {
      await checkLayer(findings, source, layerAt(index), descriptor, diffIds[index], entries);
    }
  }
  return config;
}

/** An attestation of BuildKit has an image's config type, and statements in the place of layers. */
function isArtifact(layers: readonly unknown[]): boolean {
  return JSON.stringify(layers).includes('"application/vnd.in-toto+json"');
}

async function isThere(
  findings: Findings,
  source: ImageSource,
  at: string,
  { digest }: CheckedDescriptor,
): Promise<boolean> {
  return findings.check(await source.hasBlob(digest), "blob-missing", at, `has a blob that is not there: ${digest}`);
}

async function readBlob(
  findings: Findings,
  source: ImageSource,
  at: string,
  descriptor: CheckedDescriptor,
): Promise<Uint8Array | undefined> {
  if (!(await isThere(findings, source, at, descriptor))) return undefined;
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of await source.openBlob(descriptor)) chunks.push(chunk);
  } catch (error) {
    if (!isImageSpecError(error, "DIGEST_MISMATCH") && !isImageSpecError(error, "STORE_CORRUPT")) throw error;
    findings.add("blob-digest", at, messageOf(error));
    return undefined;
  }
  const bytes = Buffer.concat(chunks);
  findings.check(
    sha256(bytes) === descriptor.digest,
    "blob-digest",
    at,
    `has another digest than ${descriptor.digest}`,
  );
  findings.check(
    bytes.length === descriptor.size,
    "blob-size",
    at,
    `has ${bytes.length} bytes, stated are ${descriptor.size}`,
  );
  return bytes;
}
