import type { ResolvedDistribution } from "../builder/resolver.ts";
import type { Json } from "../spec/json.ts";
import { formatTomlLine, formatTomlText, formatTomlValue } from "./format-toml.ts";
import type { LockInputs } from "./lock-inputs.ts";
import { ownTableVersion } from "./own-table.ts";
import { platformMarker } from "./platform-marker.ts";

/** What one platform of a lock installs. */
export interface LockedPlatform {
  readonly platform: string;
  readonly distributions: readonly ResolvedDistribution[];
  /** What its base is made of, when a builder makes it. */
  readonly baseLock: Readonly<Record<string, Json>> | undefined;
}

/** Everything that a lock file says. */
export interface LockDocument {
  /** Of the spec, for the first line. */
  readonly title: string;
  readonly platforms: readonly LockedPlatform[];
  readonly inputs: LockInputs;
  readonly baseDigest: string | undefined;
  /** `3.12.4` or `3.12`; nothing for an image without Python. */
  readonly python: string | undefined;
  /** `glibc 2.36` */
  readonly libc: string | undefined;
}

/** A distribution with the platforms that install it just so. */
interface Entry {
  readonly distribution: ResolvedDistribution;
  readonly platforms: readonly string[];
}

/**
 * Writes a lock as a `pylock.toml` (PEP 751) that other installers can use too. The same resolution gives the same bytes.
 *
 * What all platforms install alike is one entry without a marker; everything else is one entry for each platform.
 */
export function formatLock(document: LockDocument): string {
  const { python } = document;
  const platforms = [...document.platforms].sort((a, b) => (a.platform < b.platform ? -1 : 1));
  const names = platforms.map(({ platform }) => platform);
  const minor = /^\d+\.\d+/.exec(python ?? "")?.[0];
  const environments = names.map((platform) => `sys_platform == 'linux' and ${platformMarker(platform)}`);
  const packages = entriesOf(platforms).flatMap((entry) => formatEntry(entry, names.length));
  const baseLocks = platforms.flatMap(({ platform, baseLock }) => formatBaseLock(platform, baseLock));
  const lines = [
    `# Made by "imagespec lock" for ${document.title.replace(/\p{Cc}/gu, " ")}. Do not edit: change the spec and run it again.`,
    'lock-version = "1.0"',
    formatTomlLine("environments", environments),
    ...(minor === undefined ? [] : [`requires-python = "==${minor}.*"`]),
    'created-by = "imagespec"',
    ...(packages.length === 0 ? ["packages = []"] : packages),
    "",
    "[tool.imagespec]",
    `version = ${ownTableVersion}`,
    `inputs-hash = "${document.inputs.hash}"`,
    formatTomlLine("platforms", names),
    ...optional("base-digest", document.baseDigest),
    ...optional("python", python),
    ...optional("libc", document.libc),
    "",
    "[tool.imagespec.inputs]",
    ...Object.entries(document.inputs.values).map(([field, value]) => formatTomlLine(field, value)),
    ...baseLocks,
  ];
  return `${lines.join("\n")}\n`;
}

function optional(key: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`${key} = ${formatTomlText(value)}`];
}

function entriesOf(platforms: readonly LockedPlatform[]): readonly Entry[] {
  const entries = new Map<string, { distribution: ResolvedDistribution; platforms: string[] }>();
  for (const { platform, distributions } of platforms) {
    for (const distribution of distributions) {
      const key = [distribution.name, distribution.version, contentOf(distribution)].join(" ");
      const entry = entries.get(key) ?? { distribution, platforms: [] };
      entry.platforms.push(platform);
      entries.set(key, entry);
    }
  }
  return [...entries.values()].sort((a, b) => {
    const [left, right] = [sortKey(a), sortKey(b)];
    return left < right ? -1 : left > right ? 1 : 0;
  });
}

/** What tells two files or repositories of the same version apart. */
function contentOf({ wheel, sdist }: ResolvedDistribution): string {
  if (wheel !== undefined) return wheel.sha256;
  return sdist.kind === "archive" ? sdist.sha256 : `${sdist.url} ${sdist.commit} ${sdist.subdirectory ?? ""}`;
}

function sortKey({ distribution: { name, version }, platforms }: Entry): string {
  return [name, version, platforms[0]].join("\n");
}

function formatEntry({ distribution, platforms }: Entry, total: number): readonly string[] {
  const markers = platforms.length === total ? [undefined] : platforms.map(platformMarker);
  return markers.flatMap((marker) => {
    const { name, version } = distribution;
    return [
      "",
      "[[packages]]",
      `name = ${formatTomlText(name)}`,
      ...(version === "" ? [] : [`version = ${formatTomlText(version)}`]),
      ...(marker === undefined ? [] : [`marker = ${formatTomlText(marker)}`]),
      formatFiles(distribution),
    ];
  });
}

function formatFiles({ wheel, sdist }: ResolvedDistribution): string {
  if (wheel !== undefined) {
    const { filename, url, size, sha256 } = wheel;
    const file: Json = { name: filename, ...place(url), size: size ?? null, hashes: { sha256 } };
    return `wheels = [${formatTomlValue(file)}]`;
  }
  const subdirectory = sdist.subdirectory ?? null;
  if (sdist.kind === "git") {
    return formatTomlLine("vcs", { type: "git", url: sdist.url, "commit-id": sdist.commit, subdirectory });
  }
  const { filename, url, size, sha256 } = sdist;
  const file = { ...place(url), size: size ?? null, hashes: { sha256 } };
  // Only an archive may have its project in a folder (PEP 751).
  return subdirectory === null
    ? formatTomlLine("sdist", { name: filename, ...file })
    : formatTomlLine("archive", { ...file, subdirectory });
}

/** What is no URL is a path, relative to the lock. */
function place(url: string): Readonly<Record<string, string>> {
  return URL.canParse(url) ? { url } : { path: url };
}

function formatBaseLock(platform: string, baseLock: LockedPlatform["baseLock"]): readonly string[] {
  if (baseLock === undefined) return [];
  const members = Object.entries(baseLock).filter(([, value]) => value !== null);
  const header = `[tool.imagespec.base-lock.${formatTomlText(platform)}]`;
  return ["", header, ...members.map(([name, value]) => formatTomlLine(name, value))];
}
