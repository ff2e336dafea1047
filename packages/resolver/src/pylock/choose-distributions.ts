import { normalizePackageName, type ResolvedDistribution, type TargetEnvironment } from "@imagespec/core";
import { ImageSpecError, type SpecProblem } from "@imagespec/errors";
import { satisfies } from "@renovatebot/pep440";
import { evaluateMarker } from "../marker/evaluate-marker.ts";
import { markerEnvironment } from "../marker/marker-environment.ts";
import { chooseWheel } from "../wheel/choose-wheel.ts";
import { parseWheelName } from "../wheel/wheel-name.ts";
import type { Pylock, PylockPackage } from "./parse-pylock.ts";

export interface DistributionChoice {
  /** For messages. */
  readonly file: string;
  readonly extras?: readonly string[];
  readonly groups?: readonly string[];
  /** Takes what a package is built from where it has no fitting wheel. @default false */
  readonly sdists?: boolean | undefined;
  /** Whether a package must be built though it has wheels. @default none */
  readonly isBuilt?: ((name: string) => boolean) | undefined;
}

/**
 * The distributions of a lock that a target installs, each with its best wheel.
 *
 * @throws SPEC_NO_WHEEL listing every package without a fitting wheel; LOCK_INVALID when the lock is for other Pythons,
 * has no hash for a wheel, or selects two versions of one package
 */
export function chooseDistributions(
  pylock: Pylock,
  target: TargetEnvironment,
  selection: DistributionChoice,
): readonly ResolvedDistribution[] {
  const environment = markerEnvironment(target, {
    extras: selection.extras ?? [],
    groups: [...pylock.defaultGroups, ...(selection.groups ?? [])],
  });
  const python = environment.variables["python_full_version"] ?? "";
  // A minor version alone stands for all of its patch releases: `>=3.12.2` fits "3.12".
  const fits = (specifier: string) =>
    satisfies(python, specifier) ||
    (target.pythonVersion.split(".").length === 2 && satisfies(`${target.pythonVersion}.999`, specifier));
  if (pylock.requiresPython !== undefined && !fits(pylock.requiresPython)) {
    throw new ImageSpecError(
      "LOCK_INVALID",
      `"${selection.file}" is for Python "${pylock.requiresPython}", the image has "${target.pythonVersion}"`,
      {
        hint: "set pythonVersion to one that the lock is for, or write the lock for this one",
      },
    );
  }
  const problems: SpecProblem[] = [];
  const chosen = new Map<string, ResolvedDistribution>();
  for (const entry of pylock.packages) {
    if (entry.marker !== undefined && !evaluateMarker(entry.marker, environment)) continue;
    const name = normalizePackageName(entry.name);
    const distribution = distributionOf(entry, name, target, selection);
    if (distribution === undefined) {
      problems.push(noWheel(entry, target, selection.isBuilt?.(name) === true));
      continue;
    }
    const other = chosen.get(name);
    if (other !== undefined && !isSame(other, distribution)) {
      throw new ImageSpecError(
        "LOCK_INVALID",
        `"${selection.file}" selects two versions of "${name}": "${other.version}" and "${distribution.version}"`,
        {
          hint: "choose extras and groups that do not exclude each other",
        },
      );
    }
    chosen.set(name, distribution);
  }
  const [first] = problems;
  if (first !== undefined) {
    throw new ImageSpecError("SPEC_NO_WHEEL", first.message, { problems, hint: first.hint ?? "" });
  }
  return [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function distributionOf(
  { version, wheels, sdist }: PylockPackage,
  name: string,
  target: TargetEnvironment,
  { file, sdists = false, isBuilt }: DistributionChoice,
): ResolvedDistribution | undefined {
  const wheel = sdists && isBuilt?.(name) === true ? undefined : chooseWheel(wheels, target);
  if (wheel === undefined) return sdists && sdist !== undefined ? { name, version: version ?? "", sdist } : undefined;
  const { filename, url, size, sha256 } = wheel;
  if (sha256 === undefined) {
    throw new ImageSpecError("LOCK_INVALID", `"${file}" has no sha256 for "${filename}"`, {
      hint: "write the lock file again with hashes",
    });
  }
  return { name, version: version ?? parseWheelName(filename).version, wheel: { filename, url, size, sha256 } };
}

function isSame(one: ResolvedDistribution, other: ResolvedDistribution): boolean {
  return one.wheel?.sha256 === other.wheel?.sha256 && JSON.stringify(one.sdist) === JSON.stringify(other.sdist);
}

function noWheel(
  { name, version, wheels, otherwise }: PylockPackage,
  target: TargetEnvironment,
  isBuilt: boolean,
): SpecProblem {
  const what = `"${name}${version === undefined ? "" : `==${version}`}"`;
  const has = wheels.length === 0 ? `only ${otherwise ?? "nothing to install"}` : `${wheels.length} wheels for others`;
  const { platform, pythonVersion, libc } = target;
  return {
    code: "SPEC_NO_WHEEL",
    path: "packages",
    message: isBuilt
      ? `${what} is to be built from its source, and there is none`
      : `${what} has no wheel for Python ${pythonVersion} on ${platform} (${libc.kind} ${libc.version}): it has ${has}`,
    hint: isBuilt
      ? "remove its --no-binary from pipExtraArgs"
      : "choose another version or Python, or let a builder that can compile build it",
  };
}
