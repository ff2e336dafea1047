import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { recordType } from "@imagespec/core";
import { systemCodeOf } from "@imagespec/errors";
import {
  type Descriptor,
  type Digest,
  descriptorOf,
  digestHex,
  encodeManifest,
  type ImageSource,
  mediaTypes,
  parseImageManifest,
} from "@imagespec/oci";
import type { Repository } from "@imagespec/registry-client";
import { readSmallBlob } from "./read-config.ts";

/** Where the documents about images are that builds keep beside them. */
export interface Records {
  /** The record of a manifest, or nothing. */
  read(subject: Digest, signal: AbortSignal): Promise<Uint8Array | undefined>;
  /** Keeps a record beside a manifest; the same one is not kept twice. */
  write(subject: Descriptor, record: Uint8Array, signal: AbortSignal): Promise<void>;
}

/** The file of a record in the local store. */
export function recordFile(cacheFolder: string, subject: Digest): string {
  return join(cacheFolder, "records", `${digestHex(subject)}.json`);
}

/** The records of the local image store: a file each. */
export function storeRecords(cacheFolder: string): Records {
  return {
    async read(subject) {
      try {
        return await readFile(recordFile(cacheFolder, subject));
      } catch (error) {
        if (systemCodeOf(error) === "ENOENT") return undefined;
        throw error;
      }
    },
    async write({ digest }, record) {
      const file = recordFile(cacheFolder, digest);
      await mkdir(join(cacheFolder, "records"), { recursive: true });
      await writeFile(`${file}.${process.pid}.partial`, record);
      await rename(`${file}.${process.pid}.partial`, file);
    },
  };
}

/** The records of a repository: referrers of the manifests. */
export function registryRecords(repository: Repository): Records {
  return {
    async read(subject, signal) {
      const found = await recordLayers(repository, subject, signal);
      const last = found.at(-1);
      return last === undefined ? undefined : readSmallBlob(repository, last, signal);
    },
    async write(subject, record, signal) {
      const layer = descriptorOf(record, recordType);
      const known = await recordLayers(repository, subject.digest, signal);
      if (known.some(({ digest }) => digest === layer.digest)) return;
      const empty = Buffer.from("{}");
      const config = descriptorOf(empty, mediaTypes.ociEmpty);
      await repository.writeBlob(config, () => once(empty), { signal });
      await repository.writeBlob(layer, () => once(record), { signal });
      const { mediaType, digest, size } = subject;
      const { bytes } = encodeManifest({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType: recordType,
        config,
        layers: [layer],
        subject: { mediaType, digest, size },
      });
      await repository.pushReferrer(bytes, mediaTypes.ociManifest, { signal });
    },
  };
}

async function recordLayers(
  repository: Pick<Repository, "referrers"> & ImageSource,
  subject: Digest,
  signal: AbortSignal,
): Promise<readonly Descriptor[]> {
  const referrers = await repository.referrers(subject, { artifactType: recordType, signal });
  const layers: Descriptor[] = [];
  for (const { digest } of referrers) {
    const stored = await repository.readManifest({ digest }, { signal });
    // A referrer may be deleted between the list and the question.
    const layer = stored === undefined ? undefined : parseImageManifest(stored.bytes).layers[0];
    if (layer?.mediaType === recordType) layers.push(layer);
  }
  return layers;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
