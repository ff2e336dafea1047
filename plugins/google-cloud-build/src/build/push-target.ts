import type { BuildRequest } from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import type { Digest } from "@imagespec/oci";
import type { Repository } from "@imagespec/registry-client";

/** Where a build pushes to. */
export interface PushTarget {
  /** `registry/repository` */
  readonly image: string;
  readonly registry: string;
  readonly name: string;
  readonly tag: string;
  readonly repository: Repository;
}

/** The repository of the output: other kinds were declined. */
export function pushTarget({ output, registryClient }: Pick<BuildRequest, "output" | "registryClient">): PushTarget {
  if (output.kind !== "registry")
    throw new ImageSpecError("INTERNAL", `a build for an output of kind "${output.kind}" should have been declined`);
  const { registry, repository, tag } = output;
  return {
    image: `${registry}/${repository}`,
    registry,
    name: repository,
    tag,
    repository: registryClient.repository({ registry, repository }),
  };
}

/** The digest that the tag has now. @throws REGISTRY_… */
export async function tagDigest({ repository, tag }: PushTarget, signal: AbortSignal): Promise<Digest | undefined> {
  try {
    return (await repository.headManifest({ tag }, { signal, mirrors: false }))?.digest;
  } catch (error) {
    // Without a repository there is no tag.
    if (isImageSpecError(error, "REGISTRY_NOT_FOUND")) return undefined;
    throw error;
  }
}

/**
 * Takes a tag away that an aborted build has pushed all the same; one that was there before stays.
 *
 * @returns what is wrong, when it cannot be taken away
 */
export async function removePushedTag(target: PushTarget, before: Digest | undefined): Promise<string | undefined> {
  const signal = AbortSignal.timeout(5000);
  if (before !== undefined) return undefined;
  try {
    if ((await tagDigest(target, signal)) !== undefined) await target.repository.deleteTag(target.tag, { signal });
    return undefined;
  } catch (error) {
    if (!isImageSpecError(error)) throw error;
    return `the tag "${target.image}:${target.tag}" may be there although the build was aborted: ${error.message}`;
  }
}
