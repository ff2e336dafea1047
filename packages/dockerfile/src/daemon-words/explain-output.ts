import type { ErrorCode, SpecProblem } from "@imagespec/errors";
import type { PlannedStep } from "../plan/dockerfile-plan.ts";
import { type ExplainedSpec, entryField, packageField } from "./failing-step.ts";

/** What a tool prints about one cause. */
interface Reading {
  readonly code: ErrorCode;
  readonly pattern: RegExp;
  /** The field, by the first group of the pattern. @default the field of the step */
  readonly path?: (found: string, spec: ExplainedSpec | undefined) => string;
  readonly message: (found: string, second: string) => string;
  readonly hint: string;
}

/**
 * What the last lines of a failed step say about the spec, where apt, conda or uv put it plainly. Nothing for what is not recognised.
 * Of the user's own commands only a full disk is read: their output can mean anything.
 */
export function explainOutput(
  step: PlannedStep,
  lines: readonly string[],
  spec: ExplainedSpec | undefined,
): SpecProblem | undefined {
  const text = lines.join("\n");
  for (const { code, pattern, path, message, hint } of [...disk, ...readingsFor(step.field)]) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const [, first = "", second = ""] = found;
    return { code, path: path?.(first, spec) ?? step.field, message: message(first, second), hint };
  }
  return undefined;
}

function readingsFor(field: string): readonly Reading[] {
  const [name = ""] = field.split(/[[.]/, 1);
  if (name === "aptPackages") return apt;
  if (name === "condaPackages") return conda;
  return name === "packages" || name === "requirements" ? uv : [];
}

const disk: readonly Reading[] = [
  {
    code: "DISK_FULL",
    pattern: /no space left on device|\(os error 28\)|You don't have enough free space in (\S+?)\.?(?:\n|$)/i,
    message: () => "no space is left on a disk of the daemon",
    hint: "free space where the daemon keeps its data, for example with docker builder prune",
  },
];

const aptPath = (name: string, spec: ExplainedSpec | undefined): string => entryField("aptPackages", name, spec);

const apt: readonly Reading[] = [
  {
    code: "DEBIAN_PACKAGE_NOT_FOUND",
    pattern: /^E: Unable to locate package (\S+)$/m,
    path: aptPath,
    message: (name) => `the base's Debian or Ubuntu has no package "${name}"`,
    hint: "check the name for the release of the base image",
  },
  {
    code: "DEBIAN_PACKAGE_NOT_FOUND",
    pattern: /^E: Version '([^']+)' for '(\S+?)' was not found$/m,
    message: (version, name) => `the base's Debian or Ubuntu has no version "${version}" of package "${name}"`,
    hint: "choose a version that the release of the base image has, or leave it out",
  },
  {
    code: "DEBIAN_PACKAGE_NOT_FOUND",
    pattern: /^E: Package '(\S+?)' has no installation candidate$/m,
    path: aptPath,
    message: (name) => `the base's Debian or Ubuntu knows package "${name}", but has no version of it to install`,
    hint: "choose the package that replaces it",
  },
  {
    code: "DEBIAN_PACKAGE_NOT_FOUND",
    pattern: /The following packages have unmet dependencies:\s*\n\s*(\S+) : ([^\n]+)/,
    path: aptPath,
    message: (name, why) => `package "${name}" cannot be installed: ${why}`,
    hint: "leave out what it conflicts with, or choose another base",
  },
  {
    code: "DEBIAN_SIGNATURE",
    pattern: /^[EW]: (?:GPG error: |The repository ')(\S+)[^\n]*(?:is not signed|NO_PUBKEY|EXPKEYSIG|invalid)/m,
    message: (archive) => `the signature of the package archive "${archive}" cannot be verified`,
    hint: "use a base image whose release is still served and signed",
  },
  {
    code: "INDEX_DOWN",
    pattern: /^[EW]: Failed to fetch (\S+)\s+([^\n]+)/m,
    message: (url, why) => `the package archive cannot be reached for "${url}": ${why}`,
    hint: "check the network and the proxy settings of the daemon's build steps",
  },
];

const condaPath = (name: string, spec: ExplainedSpec | undefined): string => entryField("condaPackages", name, spec);

const conda: readonly Reading[] = [
  /nothing provides (?:requested )?([a-z0-9][\w.-]*)/,
  /No candidates were found for ([a-z0-9][\w.-]*)/,
  /[└├]─ ([a-z0-9][\w.-]*)[^\n]* does not exist/,
].map((pattern) => ({
  code: "SPEC_PACKAGE_NOT_FOUND",
  pattern,
  path: condaPath,
  message: (name) => `no channel has the package "${name}" as it is asked for`,
  hint: "check the name, or add the channel that has it to condaChannels",
}));

const uv: readonly Reading[] = [
  {
    code: "WHEEL_HASH_MISMATCH",
    pattern: /Hash mismatch for `([^`]+)`/,
    path: packageField,
    message: (name) => `"${name}" from the package index does not have the hash that is stated for it`,
    hint: "try again, and suspect a cache or mirror in between when it stays",
  },
  {
    code: "INDEX_AUTH",
    pattern: /(?:Failed to fetch:? `?|index URL \()(\S+?)[`)]?\s[\s\S]*?\b(401|403)\b/,
    message: (url, status) => `the package index refused "${url}" (${status})`,
    hint: "put a login for the host into ~/.netrc, or into the URL of pipIndex",
  },
  {
    code: "INDEX_DOWN",
    pattern: /Failed to fetch:? `?(\S+?)`?\n(?:[\s\S]*cause: ([^\n]+))?/,
    message: (url, why) =>
      `the package index cannot be reached from the build for "${url}"${why === "" ? "" : `: ${why}`}`,
    hint: "check that the daemon's build steps reach the index; a proxy or certificate of this machine may be missing there",
  },
  {
    code: "SPEC_PACKAGE_NOT_FOUND",
    pattern: /(\S+) was not found in the package registry/,
    path: packageField,
    message: (name) => `no package "${name}" exists in the package index`,
    hint: "check the name, or set pipIndex to the index that has it",
  },
  {
    code: "SPEC_VERSION_NOT_FOUND",
    pattern: /there (?:is|are) no versions? of (\S+?),? and/,
    path: packageField,
    message: (name) => `no version fits "${name}"`,
    hint: "choose a version that exists",
  },
  {
    code: "SPEC_NO_WHEEL",
    pattern:
      /(?:all versions of )?([A-Za-z0-9][\w.-]*(?:==[\w.+!]+)?),? (?:has|have) no (?:usable wheels|wheels with a matching)/,
    path: packageField,
    message: (name) => `"${name}" has no wheel for the Python and platform of the image`,
    hint: "choose another version or Python",
  },
  {
    code: "SPEC_UNSOLVABLE",
    pattern: /(Because [\s\S]{1,600}?requirements are unsatisfiable)/,
    message: (why) => `the requirements contradict each other: ${why.replace(/\s+/g, " ")}`,
    hint: "loosen one of the versions",
  },
  {
    code: "BUILD_STEP_FAILED",
    pattern: /Failed to build `([^`]+)`/,
    path: packageField,
    message: (name) => `"${name}" cannot be built from its source`,
    hint: "add the compiler and libraries that it needs to aptPackages, or choose a version that has wheels",
  },
];
