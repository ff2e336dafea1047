import { type SpecProblem, suggest } from "@imagespec/errors";
import { satisfies, valid } from "@renovatebot/pep440";
import type { MappedPackage } from "../apt/map-apt-packages.ts";
import type { AskedRequirement } from "./asked-packages.ts";
import type { Evaluation, PackageProbe, ProbeStatus } from "./evaluation.ts";

/** What was asked, beside the names. */
export interface Question {
  /** For messages. */
  readonly pin: string;
  /** What the spec says: `3.12`, `3.12.4`. */
  readonly pythonVersion: string | undefined;
  readonly packages: readonly AskedRequirement[];
  readonly system: readonly MappedPackage[];
}

const otherWays = "use another pin, or take wheels: builderOptions.packages: wheels";
const refusals: Readonly<Partial<Record<ProbeStatus, { readonly is: string; readonly hint: string }>>> = {
  broken: { is: "is marked as broken", hint: `set allowBroken, or ${otherWays}` },
  unfree: { is: "has a licence that is not free", hint: "set allowUnfree if you accept it" },
  insecure: { is: "has known vulnerabilities", hint: `name it in permittedInsecurePackages, or ${otherWays}` },
  unsupported: { is: "is not for this platform or Python", hint: otherWays },
  throws: { is: "is refused by the package set", hint: otherWays },
};

/** All that is wrong with what was found, with its fields: versions are checked, never dropped. */
export function probeProblems(evaluation: Evaluation, question: Question): readonly SpecProblem[] {
  const python = pythonProblem(evaluation, question);
  if (python !== undefined && evaluation.python?.status !== "ok")
    return [python, ...systemProblems(evaluation, question)];
  const packages = question.packages.flatMap((asked, index) => {
    const probe = evaluation.packages[index];
    return probe === undefined ? [] : packageProblems(asked, probe, evaluation, question);
  });
  return [...(python === undefined ? [] : [python]), ...packages, ...systemProblems(evaluation, question)];
}

function pythonProblem({ python }: Evaluation, { pin, pythonVersion }: Question): SpecProblem | undefined {
  if (python === undefined) return undefined;
  if (python.status !== "ok") {
    const have = python.available.map((name) => name.replace(/^python3/, "3.")).join(", ");
    return {
      code: "SPEC_VERSION_NOT_FOUND",
      path: "pythonVersion",
      message: `the package set "${pin}" has no Python "${pythonVersion ?? ""}"; it has ${have === "" ? "none" : have}`,
      hint: "use one of these, or another pin",
    };
  }
  const isExact = pythonVersion !== undefined && pythonVersion.split(".").length > 2;
  if (!isExact || python.version === pythonVersion) return undefined;
  return {
    code: "SPEC_VERSION_NOT_FOUND",
    path: "pythonVersion",
    message: `the package set "${pin}" has Python ${python.version}, the spec asks for "${pythonVersion}"`,
    hint: `write "${pythonVersion.split(".").slice(0, 2).join(".")}", or use a pin that has it`,
  };
}

function packageProblems(
  asked: AskedRequirement,
  probe: PackageProbe,
  { names }: Evaluation,
  { pin }: Question,
): readonly SpecProblem[] {
  const { name, text, path, specifiers } = asked;
  if (probe.status === "missing" || probe.status === "not-a-package") {
    const near = suggest(name, names);
    return [
      {
        code: "SPEC_PACKAGE_NOT_FOUND",
        path,
        message: `the package set "${pin}" has no Python package "${name}"`,
        hint: near === undefined || near === name ? otherWays : `write "${near}", or ${otherWays}`,
      },
    ];
  }
  const refusal = refusals[probe.status];
  if (refusal !== undefined)
    return [
      {
        code: "BUILDER_DECLINED",
        path,
        message: `"${name}" of the package set "${pin}" ${refusal.is}`,
        hint: refusal.hint,
      },
    ];
  if (probe.status !== "ok") return [];
  const problems: SpecProblem[] = [];
  if (specifiers.length > 0 && !fits(probe.version, specifiers)) {
    problems.push({
      code: "SPEC_VERSION_NOT_FOUND",
      path,
      message: `"${text}" asks for ${specifiers.join(",")}: the package set "${pin}" has ${name} ${probe.version ?? "without a version"}`,
      hint: `accept ${probe.version ?? "it"}, or ${otherWays}`,
    });
  }
  for (const extra of probe.extras) {
    if (extra.status === "ok") continue;
    const have = extra.available.length === 0 ? "none" : extra.available.join(", ");
    const message =
      extra.status === "missing"
        ? `"${name}" of the package set "${pin}" has no extra "${extra.name}"; it has ${have}`
        : `the extra "${extra.name}" of "${name}" needs a package that the package set "${pin}" refuses`;
    problems.push({ code: "BUILDER_DECLINED", path, message, hint: otherWays });
  }
  return problems;
}

/** Whether a version fulfils specifiers (PEP 440). Pre-releases count: a package set has one version, there is no other choice. */
function fits(version: string | undefined, specifiers: readonly string[]): boolean {
  if (version === undefined) return false;
  // Snapshots have versions such as "1.2-unstable-2025-01-01": what is before that is the release.
  const plain = valid(version) === null ? (/^\d+(?:\.\d+)*/.exec(version)?.[0] ?? "") : version;
  return valid(plain) !== null && satisfies(plain, specifiers.join(","), { prereleases: true });
}

function systemProblems({ system }: Evaluation, question: Question): readonly SpecProblem[] {
  return question.system.flatMap(({ name, path, attribute }, index): readonly SpecProblem[] => {
    const status = system[index]?.status;
    if (status === undefined || status === "ok") return [];
    const what = `"${attribute.join(".")}"`;
    const is = refusals[status]?.is ?? "does not exist";
    const message = `"${name}" is ${what} in nixpkgs, which ${is} in the package set "${question.pin}"`;
    return [
      { code: "BUILDER_DECLINED", path, message, hint: "say what it is called there: builderOptions.aptPackages" },
    ];
  });
}
