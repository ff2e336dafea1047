import { type SpecProblem, suggest } from "@imagespec/errors";
import type { NixAttribute, NixImageOptions } from "../options/nix-builder-options.ts";
import { aptMap } from "./apt-map.ts";

/** A Debian package of a spec as the package set has it. */
export interface MappedPackage {
  /** The Debian name. */
  readonly name: string;
  /** Field path. */
  readonly path: string;
  /** Attribute names from the set on. */
  readonly attribute: readonly string[];
  readonly kind: "program" | "library";
}

/** Finds Debian packages in the map. A name that is not there is a problem: an equal name may mean another thing. */
export function mapAptPackages(
  names: readonly string[],
  { aptPackages = {} }: NixImageOptions,
): { readonly mapped: readonly MappedPackage[]; readonly problems: readonly SpecProblem[] } {
  const known: Readonly<Record<string, NixAttribute>> = { ...aptMap, ...aptPackages };
  const mapped: MappedPackage[] = [];
  const problems: SpecProblem[] = [];
  for (const [index, text] of names.entries()) {
    const path = `aptPackages[${index}]`;
    const name = text.replace(/:(?:amd64|arm64|any|native)$/, "");
    const entry = Object.hasOwn(known, name) ? known[name] : undefined;
    if (entry !== undefined) {
      mapped.push({ name, path, attribute: entry.attribute.split("."), kind: entry.kind ?? "program" });
    } else problems.push({ code: "BUILDER_DECLINED", path, ...problemOf(name, Object.keys(known)) });
  }
  return { mapped, problems };
}

function problemOf(name: string, known: readonly string[]): { readonly message: string; readonly hint: string } {
  const plain = /^([^=]+)=/.exec(name)?.[1];
  if (plain !== undefined) {
    return {
      message: `"${name}" names a version of Debian: the version in an image of Nix is that of its pin`,
      hint: `write "${plain}", or let a builder with Debian packages build it: builder: buildkit`,
    };
  }
  if (name.endsWith("-dev")) {
    return {
      message: `"${name}" has headers for compiling, and nothing is compiled in an image of Nix`,
      hint: "leave it out, or let a builder that runs commands build it: builder: buildkit",
    };
  }
  const near = suggest(name, known);
  const say = near === undefined ? "" : `write "${near}", or `;
  return {
    message: `the Debian package "${name}" is not in the map to nixpkgs`,
    hint: `${say}say what it is called there: builderOptions.aptPackages: { ${JSON.stringify(name)}: { attribute: … } }`,
  };
}
