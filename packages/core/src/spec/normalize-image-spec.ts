import { formatImageReference, parseImageReference, parseRegistry } from "@imagespec/oci";
import { deepFreeze } from "./deep-freeze.ts";
import { debianPythonVersions, defaultPlatform, defaultProfile, defaultPythonVersion } from "./defaults.ts";
import { ImageSpec } from "./image-spec.ts";
import type { ImageSpecInput } from "./image-spec-input.ts";
import { normalizeSecrets } from "./normalize-secrets.ts";
import type { NormalizedBase, NormalizedCopy, NormalizedImageSpec, NormalizedRequirements } from "./normalized-spec.ts";
import { splitOptions } from "./pip-options.ts";
import { profileLayout } from "./profile-layout.ts";
import { canonicalPlatform, parseLayoutBase } from "./reference-checks.ts";
import { formatRequirement, isRequirement, parseRequirement } from "./requirement.ts";
import { requirementsKind } from "./requirements-kind.ts";
import { parseCutoff } from "./text-checks.ts";

/**
 * Makes every default explicit and gives equal specs one form. Pure; normalising a normalised spec changes nothing.
 *
 * Defaults are constants of the contract, never of the machine.
 */
export function normalizeImageSpec(spec: ImageSpec | NormalizedImageSpec): NormalizedImageSpec {
  if (!ImageSpec.isImageSpec(spec)) return spec;
  const profile = spec.profile ?? defaultProfile;
  const workdir = tidyPath(spec.workdir ?? profileLayout(profile).workdir);
  const secrets = normalizeSecrets(spec);
  const sourceRoot = spec.sourceRoot === undefined ? undefined : tidyRelative(spec.sourceRoot);
  return deepFreeze<NormalizedImageSpec>({
    contract: 1,
    name: spec.name,
    registry: spec.registry === undefined ? undefined : normalizeRegistry(spec.registry),
    tagFormat: spec.tagFormat,
    pythonVersion: spec.pythonVersion ?? defaultPythonOf(spec.baseImage),
    pythonExec: spec.pythonExec === undefined ? undefined : tidyPath(spec.pythonExec),
    builder: spec.builder,
    builderOptions: spec.builderOptions ?? {},
    base: normalizeBase(spec),
    packages: (spec.packages ?? []).map(normalizeRequirement),
    requirements: normalizeRequirements(spec.requirements),
    pipIndex: spec.pipIndex === undefined || isDefaultIndex(spec.pipIndex) ? undefined : normalizeUrl(spec.pipIndex),
    pipExtraIndexUrl: (spec.pipExtraIndexUrl ?? []).map(normalizeUrl),
    indexCredentials: secrets.indexCredentials,
    pipExtraArgs: splitOptions(spec.pipExtraArgs ?? "") ?? [],
    excludeNewer: spec.excludeNewer === undefined ? undefined : parseCutoff(spec.excludeNewer),
    condaPackages: (spec.condaPackages ?? []).map((item) => item.trim().replace(/\s+/g, " ")),
    condaChannels: [...new Set(spec.condaChannels)],
    aptPackages: sortedUnique(spec.aptPackages ?? []),
    cuda: spec.cuda,
    cudnn: spec.cudnn,
    commands: secrets.commands,
    env: sortedRecord(spec.env),
    entrypoint: spec.entrypoint,
    cmd: spec.cmd,
    user: spec.user,
    workdir,
    labels: sortedRecord(spec.labels),
    sourceRoot,
    sourceCopyMode: spec.sourceCopyMode ?? (sourceRoot === undefined ? "none" : "all"),
    copy: (spec.copy ?? []).map((entry) => normalizeCopy(entry, workdir)),
    runtimePackages: (spec.runtimePackages ?? []).map(normalizeRequirement),
    bytecode: spec.bytecode ?? false,
    profile,
    platforms: sortedUnique(platformsOf(spec).map(canonicalPlatform)),
    registryConfig: spec.registryConfig,
    secrets: secrets.secrets,
  });
}

/** `undefined` where the base decides. */
function defaultPythonOf(base: ImageSpecInput["baseImage"]): string | undefined {
  if (base === undefined || base === "scratch") return defaultPythonVersion;
  if (typeof base === "object" && "debian" in base) return debianPythonVersions[base.debian];
  return undefined;
}

function normalizeBase(spec: ImageSpec): NormalizedBase {
  const { baseImage } = spec;
  if (baseImage === undefined) {
    const tag = `${spec.pythonVersion ?? defaultPythonVersion}-slim`;
    return { kind: "reference", reference: `docker.io/library/python:${tag}` };
  }
  if (baseImage === "scratch") return { kind: "scratch" };
  if (typeof baseImage === "string") {
    const layout = parseLayoutBase(baseImage);
    return layout === undefined
      ? { kind: "reference", reference: formatImageReference(parseImageReference(baseImage)) }
      : { kind: "oci-layout", path: layout.path, name: layout.name };
  }
  if (ImageSpec.isImageSpec(baseImage)) return { kind: "spec", spec: normalizeImageSpec(baseImage) };
  if ("debian" in baseImage) return { kind: "debian", suite: baseImage.debian };
  return { kind: "spec", spec: normalizeImageSpec(new ImageSpec(baseImage)) };
}

function normalizeRequirement(text: string): string {
  const parsed = parseRequirement(text);
  return isRequirement(parsed) ? formatRequirement(parsed) : text;
}

function normalizeRequirements(value: ImageSpecInput["requirements"]): NormalizedRequirements | undefined {
  if (value === undefined) return undefined;
  const { file, groups = [], extras = [] } = typeof value === "string" ? { file: value } : value;
  const tidy = tidyRelative(file);
  return { kind: requirementsKind(tidy), file: tidy, groups: sortedUnique(groups), extras: sortedUnique(extras) };
}

function normalizeCopy(entry: NonNullable<ImageSpecInput["copy"]>[number], workdir: string): NormalizedCopy {
  const { from, to } = typeof entry === "string" ? { from: entry, to: undefined } : entry;
  const source = tidyRelative(from);
  if (to === undefined) return { from: source, to: tidyPath(`${workdir}/${source}`) };
  const into = to.endsWith("/") ? `${to}${source.slice(source.lastIndexOf("/") + 1)}` : to;
  return { from: source, to: tidyPath(into.startsWith("/") ? into : `${workdir}/${into}`) };
}

/** Without `.`, double and trailing slashes. */
function tidyPath(path: string): string {
  return `/${path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/")}`;
}

/** `./a//b/../c/` → `a/c`; the root folder is `.`; leading `..` stay. */
function tidyRelative(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.length === 0 ? "." : parts.join("/");
}

function normalizeRegistry(registry: string): string {
  const slash = registry.indexOf("/");
  return slash === -1 ? parseRegistry(registry) : `${parseRegistry(registry.slice(0, slash))}${registry.slice(slash)}`;
}

/** Scheme and host in lower case, without a trailing slash. */
function normalizeUrl(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/?#]*/i, (origin) => origin.toLowerCase()).replace(/\/+$/, "");
}

function isDefaultIndex(url: string): boolean {
  return normalizeUrl(url) === "https://pypi.org/simple";
}

function platformsOf(spec: ImageSpec): readonly string[] {
  if (spec.platform === undefined) return [defaultPlatform];
  return typeof spec.platform === "string" ? [spec.platform] : spec.platform;
}

function sortedUnique(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}

function sortedRecord(record: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
}
