import type { ImageSpec } from "./image-spec.ts";
import type { IndexLogin } from "./index-login.ts";

/** The property under which every ImageSpec, of any installed copy of this package, keeps the credentials of its URLs. */
export const specBrand: unique symbol = Symbol.for("dev.imagespec.image-spec.v1");

export function isImageSpecValue(value: unknown): value is ImageSpec {
  return typeof value === "object" && value !== null && specBrand in value;
}

/** Carries credentials on the plain object that a spec is about to be made from. */
export const carriedLogins: unique symbol = Symbol("dev.imagespec.logins");

/** The credentials that were split off the URLs of a spec, or of what it is made from. */
export function loginsOf(spec: unknown): readonly IndexLogin[] {
  if (typeof spec !== "object" || spec === null) return [];
  // Both properties are only ever written in this package; the brand names the version of the layout.
  if (specBrand in spec) return spec[specBrand] as readonly IndexLogin[];
  return carriedLogins in spec ? (spec[carriedLogins] as readonly IndexLogin[]) : [];
}
