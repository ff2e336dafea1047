import type { ImageSpec } from "./image-spec.ts";
import type { IndexLogin } from "./index-login.ts";

/** The property under which every ImageSpec, of any installed copy of this package, keeps the credentials of its URLs. */
export const specBrand: unique symbol = Symbol.for("dev.imagespec.image-spec.v1");

export function isImageSpecValue(value: unknown): value is ImageSpec {
  return typeof value === "object" && value !== null && specBrand in value;
}

/** The credentials that were split off a spec's URLs. */
export function loginsOf(spec: object): readonly IndexLogin[] {
  // Only the constructor of ImageSpec and its `with` write under the brand, which names the version of the layout.
  return specBrand in spec ? (spec[specBrand] as readonly IndexLogin[]) : [];
}
