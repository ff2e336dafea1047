import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import type { Digest, ImageSource } from "@imagespec/oci";
import { FileWriter } from "../disk/file-writer.ts";
import { renameIntoPlace } from "../disk/rename-into-place.ts";
import { type DockerArchiveOptions, planDockerArchive } from "./docker-archive-plan.ts";
import { streamPlan } from "./docker-archive-stream.ts";

/** Where bytes can be written one after the other. */
export interface WritableSink {
  /** Resolves when more may be written. */
  write(chunk: Uint8Array): Promise<void>;
}

/** The archive that was written. */
export interface WrittenArchive {
  /** Size of the archive. */
  readonly bytes: number;
  /** Digest of the image's config: what Docker's older store calls the image id. */
  readonly imageId: Digest;
}

async function writeFileAtomically(target: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const partial = `${target}.${process.pid}-${randomBytes(4).toString("hex")}.partial`;
  const writer = await FileWriter.create(partial);
  let isComplete = false;
  try {
    try {
      for await (const chunk of content) await writer.write(chunk);
      isComplete = true;
    } finally {
      await (isComplete ? writer.finish() : writer.abandon());
    }
    await renameIntoPlace(partial, target);
  } finally {
    await rm(partial, { force: true });
  }
}

/**
 * Writes an image as a docker archive, which is an OCI layout archive too. A file appears under its name only when it is
 * complete: until then it is `<name>.<process>.partial` beside it.
 *
 * @throws IMAGE_NOT_FOUND, MANIFEST_INVALID, REFERENCE_INVALID, DIGEST_MISMATCH, DISK_FULL, STORE_UNUSABLE, ABORTED
 */
export async function writeDockerArchive(
  source: ImageSource,
  reference: { readonly digest: Digest },
  target: string | WritableSink,
  options: DockerArchiveOptions,
): Promise<WrittenArchive> {
  const plan = await planDockerArchive(source, reference, options);
  const content = streamPlan(source, plan, options);
  if (typeof target === "string") await writeFileAtomically(target, content);
  else for await (const chunk of content) await target.write(chunk);
  return { bytes: plan.bytes, imageId: plan.imageId };
}
