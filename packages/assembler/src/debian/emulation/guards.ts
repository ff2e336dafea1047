import { ImageSpecError } from "@imagespec/errors";
import type { Emulation } from "./emulation.ts";

/** Nothing to do as long as no package brings files that a program of this one would have to compile. */
function unlessShipped(pattern: RegExp, program: string): Emulation {
  return ({ tree, packageName }) => {
    const found = tree.sortedPaths().find((path) => pattern.test(path));
    if (found === undefined) return;
    throw new ImageSpecError(
      "DEBIAN_SCRIPT",
      `postinst of Debian package "${packageName}" would run ${program} for "${found}", which cannot be emulated`,
      {
        hint: "remove the package that brings this file, or use a builder that runs apt",
        details: { package: packageName },
      },
    );
  };
}

export const glib: Emulation = unlessShipped(
  /^usr\/share\/glib-2\.0\/schemas\/.*\.xml$|^usr\/lib\/[^/]+\/gio\/modules\/.*\.so$/,
  "glib-compile-schemas or gio-querymodules",
);

export const procps: Emulation = unlessShipped(/^usr\/bin\/\w+\.procps$/, "update-alternatives");
