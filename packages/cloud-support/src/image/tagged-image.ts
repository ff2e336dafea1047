import { isImageSpecError } from "@imagespec/errors";
import { type Digest, isImageIndex, parseImageConfig } from "@imagespec/oci";
import type { Repository } from "@imagespec/registry-client";

const label = "dev.imagespec.fingerprint";

/**
 * The digest that a tag has, when it is on the image that was to be built: somebody else was faster, and where tags are immutable
 * nobody can push there again. Nothing for another image.
 *
 * @param labels of the image that was to be built
 * @throws REGISTRY_…
 */
export async function taggedImage(
  repository: Repository,
  tag: string,
  { labels, signal }: { readonly labels: Readonly<Record<string, string>>; readonly signal: AbortSignal },
): Promise<Digest | undefined> {
  try {
    const { manifest, descriptor } = await repository.getManifest({ tag }, { signal });
    if (isImageIndex(manifest)) return undefined;
    const config = parseImageConfig(await repository.getBlob(manifest.config, { signal }));
    const stated = config.config?.Labels?.[label];
    return stated !== undefined && stated === labels[label] ? descriptor.digest : undefined;
  } catch (error) {
    if (isImageSpecError(error, "REGISTRY_NOT_FOUND")) return undefined;
    throw error;
  }
}
