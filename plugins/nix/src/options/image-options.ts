import type { SpecProblem } from "@imagespec/errors";
import { suggest } from "@imagespec/errors";
import type { NixImageOptions } from "./nix-builder-options.ts";

/** Checks one option; gives what is wrong with its value. */
type Check = (value: unknown) => string | undefined;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const sri = /^sha256-[A-Za-z0-9+/]{43}=$/;
const versionText = /^\d+\.\d+(\.\d+)?$/;

const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && values.includes(value) ? undefined : `is not one of: ${values.join(", ")}`;
const flag: Check = (value) => (typeof value === "boolean" ? undefined : "is not true or false");

/** Attributes become no code, and still have to be names. */
export const attributePath: RegExp = /^[A-Za-z_][\w'-]*(\.[A-Za-z_0-9][\w'-]*)*$/;

const checks: Readonly<Record<keyof NixImageOptions, Check>> = {
  pin: checkPin,
  packages: oneOf("nixpkgs", "wheels"),
  python: oneOf("nix", "base"),
  aptPackages: checkAptPackages,
  allowUnfree: flag,
  allowBroken: flag,
  permittedInsecurePackages: (value) =>
    Array.isArray(value) && value.every((name) => typeof name === "string" && /^[\w.+-]+$/.test(name))
      ? undefined
      : "is not a list of names with versions, such as openssl-1.1.1w",
};

function checkPin(value: unknown): string | undefined {
  if (!isRecord(value)) return "is not a pin: { url, sha256 } or { path, sha256 }";
  const { url, path, sha256, minNix, glibc, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined) return `has "${other}", which a pin has not`;
  if ((url === undefined) === (path === undefined)) return 'needs either "url" or "path"';
  if (url !== undefined && (typeof url !== "string" || !/^(https?|file):\/\/\S+$/.test(url)))
    return `has the url "${String(url)}", which is no address of a tarball`;
  if (typeof url === "string" && new URL(url).username !== "") return "has a login in its url";
  if (path !== undefined && (typeof path !== "string" || !path.startsWith("/")))
    return `has the path "${String(path)}", which is not absolute`;
  if (typeof sha256 !== "string" || !sri.test(sha256))
    return `has the sha256 "${String(sha256)}", which is not like sha256-…=`;
  for (const [name, text] of Object.entries({ minNix, glibc })) {
    if (text !== undefined && (typeof text !== "string" || !versionText.test(text)))
      return `has the ${name} "${String(text)}", which is no version`;
  }
  return undefined;
}

function checkAptPackages(value: unknown): string | undefined {
  if (!isRecord(value)) return "is no map from Debian packages to attributes";
  for (const [name, entry] of Object.entries(value)) {
    if (!isRecord(entry) || typeof entry["attribute"] !== "string" || !attributePath.test(entry["attribute"]))
      return `has no attribute of the package set for "${name}"`;
    const { kind } = entry;
    if (kind !== undefined && kind !== "program" && kind !== "library")
      return `has the kind "${String(kind)}" for "${name}"; it is program or library`;
  }
  return undefined;
}

/** What is wrong with image options, by their names; those that are of the machine are left to the caller. */
export function imageOptionProblems(value: Readonly<Record<string, unknown>>): readonly (readonly [string, string])[] {
  return Object.entries(checks).flatMap(([name, check]) => {
    if (value[name] === undefined) return [];
    const problem = check(value[name]);
    return problem === undefined ? [] : [[name, problem] as const];
  });
}

/** Names of the options that a spec may give. */
export const imageOptionNames: readonly string[] = Object.keys(checks);

/** Reads `builderOptions` of a spec. */
export function readImageOptions(value: unknown): {
  readonly options: NixImageOptions;
  readonly problems: readonly SpecProblem[];
} {
  if (!isRecord(value)) return { options: {}, problems: [] };
  const unknown = Object.keys(value).flatMap((name): readonly SpecProblem[] => {
    if (imageOptionNames.includes(name)) return [];
    const near = suggest(name, imageOptionNames);
    const hint = near === undefined ? "set what belongs to the machine in the configuration" : `write "${near}"`;
    const message = `the builder "nix" has no option "${name}" for a spec`;
    return [{ code: "SPEC_UNKNOWN_FIELD", path: `builderOptions.${name}`, message, hint }];
  });
  const wrong = imageOptionProblems(value).map(
    ([name, problem]): SpecProblem => ({
      code: "SPEC_VALUE",
      path: `builderOptions.${name}`,
      message: `"${name}" of the builder "nix" ${problem}`,
      hint: "correct it: docs/plugins/nix.md",
    }),
  );
  const problems = [...unknown, ...wrong];
  // Every value was checked above.
  return { options: problems.length === 0 ? (value as NixImageOptions) : {}, problems };
}
