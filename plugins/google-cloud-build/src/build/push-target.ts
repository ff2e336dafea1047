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
    const digest = await tagDigest(target, signal);
    if (digest !== undefined) await removeTag(target, digest, signal);
    return undefined;
  } catch (error) {
    if (!isImageSpecError(error)) throw error;
    return `the tag "${target.image}:${target.tag}" may be there although the build was aborted: ${error.message}`;
  }
}

/** What another way of deleting would meet again. */
const final: ReadonlySet<string> = new Set(["REGISTRY_AUTH", "REGISTRY_DENIED", "REGISTRY_DOWN", "REGISTRY_NOT_FOUND"]);

async function removeTag({ repository, tag }: PushTarget, digest: Digest, signal: AbortSignal): Promise<void> {
  try {
    await repository.deleteTag(tag, { signal });
  } catch (error) {
    if (!isImageSpecError(error) || final.has(error.code)) throw error;
    // There are registries that only delete manifests, and every tag of them: it must be the only one.
    for (const other of await repository.tags({ signal })) {
      const isSame = (await repository.headManifest({ tag: other }, { signal, mirrors: false }))?.digest === digest;
      if (isSame && other !== tag) throw error;
    }
    await repository.deleteManifest(digest, { signal });
  }
}
