import { ImageSpecError } from "@imagespec/errors";
import { type Digest, isDigest, type StoredManifest } from "@imagespec/oci";
import type { Repository } from "@imagespec/registry-client";

/**
 * The image that a build says it pushed, as the registry has it.
 *
 * @throws CLOUD_RESULT when the build says nothing, or something that is not there; REGISTRY_…
 */
export async function verifyDigest(
  stated: string | undefined,
  repository: Repository,
  options: {
    readonly provider: string;
    readonly build: string;
    /** Of the tag that the build pushed, when there is one: then both must agree. */
    readonly tag?: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<StoredManifest> {
  const { provider, build, tag, signal } = options;
  const name = `${repository.registry}/${repository.repository}`;
  const details = { provider, build, repository: name };
  if (!isDigest(stated)) {
    throw new ImageSpecError("CLOUD_RESULT", `the build "${build}" does not say which image it pushed to "${name}"`, {
      hint: "look into its log; a buildspec of your own has to export the digest",
      details,
    });
  }
  const [image, tagged] = await Promise.all([
    repository.readManifest({ digest: stated }, { signal }),
    tag === undefined ? undefined : repository.headManifest({ tag }, { signal, mirrors: false }),
  ]);
  if (image === undefined) throw other(`which "${name}" does not have`, stated, details);
  if (tag !== undefined && tagged?.digest !== stated)
    throw other(`and the tag "${tag}" has "${tagged?.digest ?? "nothing"}"`, stated, details);
  return image;
}

function other(what: string, digest: Digest, details: { readonly build: string }): ImageSpecError {
  return new ImageSpecError("CLOUD_RESULT", `the build "${details.build}" says it pushed "${digest}", ${what}`, {
    hint: "look into its log, and for what else pushes to this repository",
    details: { ...details, digest },
  });
}
