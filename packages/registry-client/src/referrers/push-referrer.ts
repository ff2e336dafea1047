import { ImageSpecError } from "@imagespec/errors";
import {
  type Descriptor,
  type Digest,
  type ImageIndex,
  type ImageManifest,
  isImageIndex,
  parseManifest,
} from "@imagespec/oci";
import { deleteManifest } from "../delete-content.ts";
import { fetchManifest } from "../manifest/fetch-manifest.ts";
import { writeManifest } from "../manifest/write-manifest.ts";
import type { OperationOptions } from "../registry-client-options.ts";
import { originOf, type RepositoryContext } from "../repository-context.ts";
import { updateFallbackIndex } from "./fallback-index.ts";
import { hasReferrersApi } from "./list-referrers.ts";

/** Pushes a manifest with a subject; adds it to the index under the fallback tag when the registry does not say that it took note. */
export async function pushReferrer(
  context: RepositoryContext,
  bytes: Uint8Array,
  mediaType: string,
  options: OperationOptions,
): Promise<Descriptor> {
  const manifest = parseManifest(bytes, mediaType);
  const { subject } = manifest;
  if (subject === undefined) {
    throw new ImageSpecError("MANIFEST_INVALID", 'a referrer has no "subject"', {
      hint: "add the descriptor of the manifest it refers to",
    });
  }
  const { descriptor, subjectNoted } = await writeManifest(context, bytes, mediaType, options);
  if (!subjectNoted) {
    const entry = listed(descriptor, manifest);
    await updateFallbackIndex(
      context,
      subject.digest,
      (manifests) => (manifests.some(({ digest }) => digest === entry.digest) ? manifests : [...manifests, entry]),
      options,
    );
  }
  return descriptor;
}

/** Deletes a manifest; one with a subject also leaves the index under the fallback tag. */
export async function deleteReferrer(
  context: RepositoryContext,
  digest: Digest,
  options: OperationOptions,
): Promise<void> {
  const { manifest } = await fetchManifest(context, { digest }, options, [originOf(context)]);
  await deleteManifest(context, { digest }, options);
  const { subject } = manifest;
  if (subject === undefined || (await hasReferrersApi(context, subject.digest, options))) return;
  await updateFallbackIndex(
    context,
    subject.digest,
    (manifests) =>
      manifests.some((entry) => entry.digest === digest)
        ? manifests.filter((entry) => entry.digest !== digest)
        : manifests,
    options,
  );
}

/** How a referrer is listed: with its artifact type (an image's is the media type of its config) and annotations. */
function listed(descriptor: Descriptor, manifest: ImageManifest | ImageIndex): Descriptor {
  const artifactType = manifest.artifactType ?? (isImageIndex(manifest) ? undefined : manifest.config.mediaType);
  return {
    ...descriptor,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
  };
}
