import { normalizePackageName, type ResolvedDistribution, type TargetEnvironment } from "@imagespec/core";
import { ImageSpecError, type SpecProblem } from "@imagespec/errors";
import { satisfies } from "@renovatebot/pep440";
import { evaluateMarker } from "../marker/evaluate-marker.ts";
import { markerEnvironment } from "../marker/marker-environment.ts";
import { chooseWheel } from "../wheel/choose-wheel.ts";
import { parseWheelName } from "../wheel/wheel-name.ts";
import type { Pylock } from "./parse-pylock.ts";

/**
 * The distributions of a lock that a target installs, each with its best wheel.
 *
 * @throws SPEC_NO_WHEEL listing every package without a fitting wheel; LOCK_INVALID when the lock is for other Pythons,
 * has no hash for a wheel, or selects two versions of one package
 */
export function chooseDistributions(
  pylock: Pylock,
  target: TargetEnvironment,
  selection: { readonly file: string; readonly extras?: readonly string[]; readonly groups?: readonly string[] },
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
    const wheel = chooseWheel(entry.wheels, target);
    if (wheel === undefined) {
      const has =
        entry.wheels.length === 0
          ? `only ${entry.otherwise ?? "nothing to install"}`
          : `${entry.wheels.length} wheels for others`;
      problems.push({
        code: "SPEC_NO_WHEEL",
        path: "packages",
        message: `"${entry.name}${entry.version === undefined ? "" : `==${entry.version}`}" has no wheel for Python ${target.pythonVersion} on ${target.platform} (${target.libc.kind} ${target.libc.version}): it has ${has}`,
        hint: "choose another version or Python, or let a builder that can compile build it",
      });
      continue;
    }
    if (wheel.sha256 === undefined) {
      throw new ImageSpecError("LOCK_INVALID", `"${selection.file}" has no sha256 for "${wheel.filename}"`, {
        hint: "write the lock file again with hashes",
      });
    }
    const version = entry.version ?? parseWheelName(wheel.filename).version;
    const other = chosen.get(name);
    if (other !== undefined && other.wheel.sha256 !== wheel.sha256) {
      throw new ImageSpecError(
        "LOCK_INVALID",
        `"${selection.file}" selects two versions of "${name}": "${other.version}" and "${version}"`,
        {
          hint: "choose extras and groups that do not exclude each other",
        },
      );
    }
    chosen.set(name, {
      name,
      version,
      wheel: { filename: wheel.filename, url: wheel.url, size: wheel.size, sha256: wheel.sha256 },
    });
  }
  const [first] = problems;
  if (first !== undefined) {
    throw new ImageSpecError("SPEC_NO_WHEEL", first.message, { problems, hint: first.hint ?? "" });
  }
  return [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
