import { ImageSpecError } from "@imagespec/errors";
import {
  type Descriptor,
  type Digest,
  encodeManifest,
  type ImageIndex,
  isImageIndex,
  mediaTypes,
} from "@imagespec/oci";
import { findManifest } from "../manifest/fetch-manifest.ts";
import { writeManifest } from "../manifest/write-manifest.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import { originOf, type RepositoryContext } from "../repository-context.ts";
import { fallbackTag } from "./fallback-tag.ts";

/** Rounds of writing after which another writer has to be the one to give way. */
const maxRounds = 5;

/** The index under the fallback tag; `undefined` when there is none. @throws REGISTRY_PROTOCOL when the tag holds something else */
export async function readFallbackIndex(
  context: RepositoryContext,
  subject: Digest,
  options: OperationOptions,
): Promise<ImageIndex | undefined> {
  const tag = fallbackTag(subject);
  const found = await findManifest(context, { tag }, options, [originOf(context)]);
  if (found === undefined) return undefined;
  if (isImageIndex(found.manifest)) return found.manifest;
  throw new ImageSpecError(
    "REGISTRY_PROTOCOL",
    `tag "${tag}" of "${context.registry}/${context.repository}" is not an index of referrers`,
    {
      hint: "delete the tag: its name is reserved by the distribution specification",
      details: { registry: context.registry, repository: context.repository },
    },
  );
}

/**
 * Reads, changes and writes the index under the fallback tag. A registry has no compare-and-swap: writers of one client take turns,
 * and the index is read again afterwards, in case another process overwrote it. @throws REGISTRY_ERROR when it does so every time
 */
export async function updateFallbackIndex(
  context: RepositoryContext,
  subject: Digest,
  change: (manifests: readonly Descriptor[]) => readonly Descriptor[],
  options: OperationOptions,
): Promise<void> {
  const { turns } = context;
  const key = `${context.registry}/${context.repository}@${subject}`;
  const turn = (turns.get(key) ?? Promise.resolve()).then(() => update(context, subject, change, options));
  // The next in line starts whatever became of this one; its own caller gets the error.
  const settled = turn.catch(() => {});
  turns.set(key, settled);
  try {
    await turn;
  } finally {
    if (turns.get(key) === settled) turns.delete(key);
  }
}

async function update(
  context: RepositoryContext,
  subject: Digest,
  change: (manifests: readonly Descriptor[]) => readonly Descriptor[],
  options: OperationOptions,
): Promise<void> {
  for (let round = 0; round < maxRounds; round++) {
    const before = await readFallbackIndex(context, subject, options);
    const present = before?.manifests ?? [];
    const manifests = change(present);
    if (manifests === present) return;
    const index: ImageIndex = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, ...before, manifests };
    const { bytes, descriptor } = encodeManifest(index);
    await writeManifest(context, bytes, descriptor.mediaType, { ...options, tag: fallbackTag(subject) });
  }
  const last = (await readFallbackIndex(context, subject, options))?.manifests ?? [];
  if (change(last) === last) return;
  throw new ImageSpecError("REGISTRY_ERROR", `the referrers of "${subject}" are being changed by others all the time`, {
    hint: "try again when fewer writers are at work",
    details: { registry: context.registry, repository: context.repository },
  });
}
