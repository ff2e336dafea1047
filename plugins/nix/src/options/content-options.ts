import type { Json } from "@imagespec/core";
import { pinTable } from "../pins/pin-table.ts";
import { readImageOptions } from "./image-options.ts";
import type { NixBuilderOptions, NixImageOptions } from "./nix-builder-options.ts";

/** To be raised when the library or the shipped map makes another image of the same pin. */
const libraryVersion = 1;

/** Options of the spec over those of the configuration. */
export function mergeImageOptions(options: NixBuilderOptions, builderOptions: unknown): NixImageOptions {
  const own = readImageOptions(builderOptions).options;
  const { pin, packages, python, allowUnfree, allowBroken, permittedInsecurePackages } = options;
  const defaults: Record<string, unknown> = {
    pin,
    packages,
    python,
    allowUnfree,
    allowBroken,
    permittedInsecurePackages,
  };
  const given = Object.fromEntries(Object.entries(defaults).filter(([, value]) => value !== undefined));
  return { ...given, ...own, aptPackages: { ...options.aptPackages, ...own.aptPackages } };
}

/** What of the options changes the image: above all, which package set it is made of. */
export function contentOptions(options: NixBuilderOptions, builderOptions: unknown): Json {
  const merged = mergeImageOptions(options, builderOptions);
  const { pin, packages, python, allowUnfree, allowBroken, permittedInsecurePackages = [], aptPackages = {} } = merged;
  const table = Object.entries(pinTable).map(([minor, { sha256 }]) => [minor, sha256] as const);
  return {
    library: libraryVersion,
    pin: pin === undefined ? Object.fromEntries(table) : pin.sha256,
    // It decides which wheels are taken.
    ...(pin?.glibc === undefined ? {} : { glibc: pin.glibc }),
    ...(packages === undefined ? {} : { packages }),
    ...(python === undefined ? {} : { python }),
    ...(allowUnfree === true ? { allowUnfree } : {}),
    ...(allowBroken === true ? { allowBroken } : {}),
    ...(permittedInsecurePackages.length === 0
      ? {}
      : { permittedInsecurePackages: [...permittedInsecurePackages].sort() }),
    ...(Object.keys(aptPackages).length === 0
      ? {}
      : {
          aptPackages: Object.fromEntries(
            Object.entries(aptPackages)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, { attribute, kind = "program" }]) => [name, `${kind} ${attribute}`]),
          ),
        }),
  };
}
