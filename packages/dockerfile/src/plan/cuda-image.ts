import type { BaseImage, BuildRequest, ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { type Descriptor, isImageIndex, parseImageReference, parsePlatform, selectPlatform } from "@imagespec/oci";
import { cudaBase } from "./cuda-base.ts";

/**
 * The image with the CUDA that a spec asks for, where it stands in the place of the default base.
 *
 * @throws BASE_NOT_FOUND, SPEC_VALUE for versions that there is no image of
 */
export async function cudaImage(
  spec: ResolvedImageSpec,
  { registryClient, signal }: Pick<BuildRequest, "registryClient" | "signal">,
): Promise<BaseImage | undefined> {
  const chosen = cudaBase(spec);
  if (chosen === undefined) return undefined;
  const { registry, repository, tag = "latest" } = parseImageReference(chosen.reference);
  const source = registryClient.repository({ registry, repository });
  const base = { source, reference: chosen.reference, repository: { registry, repository } };
  try {
    const { descriptor, manifest } = await source.getManifest({ tag }, { signal });
    const platform = spec.platforms[0] ?? "";
    const found: Descriptor | undefined = isImageIndex(manifest)
      ? selectPlatform(manifest.manifests, parsePlatform(platform))
      : descriptor;
    if (found === undefined) throw notFound(`"${chosen.reference}" has no platform "${platform}"`, undefined);
    return { ...base, manifest: found };
  } catch (error) {
    if (!isImageSpecError(error, "REGISTRY_NOT_FOUND")) throw error;
    throw notFound(`"${chosen.reference}" does not exist`, error);
  }
}

function notFound(what: string, cause: unknown): ImageSpecError {
  const message = `the image with the CUDA that the spec asks for, ${what}`;
  const hint = "choose another version of cuda, or name a base image that has it";
  return new ImageSpecError("BASE_NOT_FOUND", message, {
    hint,
    cause,
    problems: [{ code: "BASE_NOT_FOUND", path: "cuda", message, hint }],
  });
}
