import { type Descriptor, digestOf, encodeManifest, mediaTypes } from "@imagespec/oci";
import type { Repository } from "@imagespec/registry-client";
import type { EcrPort } from "../aws/ports.ts";

const content = Buffer.from("{}");
/** The empty descriptor of the image specification, 1.1 "Guidance for an Empty Descriptor". */
const empty: Descriptor = {
  mediaType: "application/vnd.oci.empty.v1+json",
  digest: digestOf(content),
  size: content.length,
};

/**
 * Takes the tag off an image that a build pushed under it. ECR removes an image with its last tag: so the tag is first given to an empty
 * image, which then goes with it.
 *
 * @throws REGISTRY_…, CLOUD_…
 */
export async function releaseTag(
  ecr: EcrPort,
  repository: Repository,
  tag: string,
  options: { readonly account: string | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const { signal, account } = options;
  const placeholder = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType: "application/vnd.imagespec.released.v1",
    config: empty,
    layers: [empty],
    // Two at once must not be one image: ECR would remove it with the tag of either.
    annotations: { "dev.imagespec.released": tag },
  });
  await repository.writeBlob(empty, () => asChunks(content), { signal });
  await repository.writeManifest(placeholder.bytes, mediaTypes.ociManifest, { tag, signal });
  await ecr.deleteTag(repository.repository, tag, { account, signal });
}

async function* asChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
