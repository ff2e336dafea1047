import type { ImageSpec } from "./image-spec.ts";
import { type ResolveOptions, resolveImageSpec } from "./resolve-image-spec.ts";
import type { ResolvedImageSpec } from "./resolved-spec.ts";

/** The name of images whose spec has none. */
export const defaultImageName: string = "image";

/** The full name with tag: `registry/name:tag`, or `name:tag` without a registry. */
export function formatImageName(spec: Pick<ResolvedImageSpec, "registry" | "name" | "tag">): string {
  const repository = spec.name ?? defaultImageName;
  return `${spec.registry === undefined ? "" : `${spec.registry}/`}${repository}:${spec.tag}`;
}

/**
 * The full name with tag that a spec's image has; reads the files of the spec, not the network.
 *
 * @throws what {@link resolveImageSpec} throws
 */
export async function imageName(spec: ImageSpec | ResolvedImageSpec, options: ResolveOptions = {}): Promise<string> {
  return formatImageName("tag" in spec ? spec : await resolveImageSpec(spec, options));
}
