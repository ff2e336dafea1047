import {
  type Descriptor,
  type Digest,
  descriptorOf,
  encodeManifest,
  mediaTypes,
  parseImageManifest,
} from "@imagespec/oci";
import type { Repository } from "@imagespec/registry-client";
import type { ImageRecords } from "./image-records.ts";
import { trunkOfRecord, withResolution } from "./trunk-record.ts";

/** Artifact type of the record that is attached to an image. */
export const recordType = "application/vnd.imagespec.record.v1+json";

/** The records of a repository: referrers of the manifests, with the record as their one layer. */
export function registryRecords(repository: Repository): ImageRecords {
  return {
    async read(subject, options) {
      const record = await readNewest(repository, subject, options);
      const trunk = record === undefined ? undefined : trunkOfRecord(record);
      if (record === undefined || trunk === undefined) return record;
      const below = await readNewest(repository, trunk, options);
      return below === undefined ? record : withResolution(record, below);
    },
    async write(subject, record, options) {
      const empty = new TextEncoder().encode("{}");
      const config = descriptorOf(empty, mediaTypes.ociEmpty);
      const layer = descriptorOf(record, recordType);
      await Promise.all([
        writeBytes(repository, config, empty, options),
        writeBytes(repository, layer, record, options),
      ]);
      const { mediaType, digest, size } = subject;
      const { bytes } = encodeManifest({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType: recordType,
        config,
        layers: [layer],
        subject: { mediaType, digest, size },
      });
      await repository.pushReferrer(bytes, mediaTypes.ociManifest, options);
    },
  };
}

async function readNewest(
  repository: Repository,
  subject: Digest,
  options: { readonly signal: AbortSignal },
): Promise<Uint8Array | undefined> {
  const referrers = await repository.referrers(subject, { artifactType: recordType, ...options });
  // A registry lists them in the order in which they came. One may be deleted between the list and the question.
  for (const { digest } of [...referrers].reverse()) {
    const stored = await repository.readManifest({ digest }, options);
    const layer = stored === undefined ? undefined : parseImageManifest(stored.bytes).layers[0];
    if (layer?.mediaType === recordType) return repository.getBlob(layer, options);
  }
  return undefined;
}

async function writeBytes(
  repository: Repository,
  descriptor: Descriptor,
  bytes: Uint8Array,
  options: { readonly signal: AbortSignal },
): Promise<void> {
  await repository.writeBlob(
    descriptor,
    async function* () {
      yield bytes;
    },
    options,
  );
}
