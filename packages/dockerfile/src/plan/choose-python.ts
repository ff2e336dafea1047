import { defaultPythonVersion, type ResolvedImageSpec, type TargetEnvironment } from "@imagespec/core";
import type { BaseFacts } from "../probe/base-facts.ts";
import { planFacts } from "./plan-base.ts";
import { specProblem } from "./spec-problem.ts";

/** The interpreter that the image's environment stands on. */
export interface PlannedPython {
  /** Who brings it: the base, uv (in `/opt/python`), or conda (in `/opt/conda`). */
  readonly source: "base" | "uv" | "conda";
  /** Absolute. */
  readonly path: string;
  /** `3.12` */
  readonly minor: string;
  /** `3.12.4`; the minor where only that is known before the build. */
  readonly version: string;
  /** Whether the environment sees the interpreter's own packages. */
  readonly systemSitePackages: boolean;
}

/** What packages are resolved for. */
export interface PackageTarget {
  readonly environment: TargetEnvironment;
  /** `name==version` lines of what is there already and stays. */
  readonly constraints: readonly string[];
}

/**
 * What the packages of a spec have to be resolved for; nothing when the image gets no Python.
 *
 * @throws BASE_UNSUPPORTED, SPEC_CONFLICT, SPEC_VALUE
 */
export function packageTarget(spec: ResolvedImageSpec, given: BaseFacts | undefined): PackageTarget | undefined {
  const facts = planFacts(spec, given);
  const python = choosePython(spec, facts);
  if (python === undefined) return undefined;
  const seen = spec.pythonExec === undefined ? {} : (facts?.pythonDistributions ?? {});
  const constraints = Object.entries({ ...seen, ...facts?.distributions }).map(
    ([name, version]) => `${name}==${version}`,
  );
  return {
    environment: {
      platform: spec.platforms[0] ?? "",
      pythonVersion: python.version,
      libc: facts?.libc ?? { kind: "glibc", version: "2.17" },
    },
    constraints,
  };
}

/** Whether something in a spec asks for Python: packages, or a version where it is not just the default. */
function needsPython(spec: ResolvedImageSpec): boolean {
  return (
    spec.requirementLines.length > 0 ||
    spec.lock !== undefined ||
    spec.runtimePackages.length > 0 ||
    spec.pythonExec !== undefined ||
    (spec.pythonVersion !== undefined && spec.resolvedBase.kind !== "scratch")
  );
}

/** @throws BASE_UNSUPPORTED, SPEC_CONFLICT */
export function choosePython(spec: ResolvedImageSpec, facts: BaseFacts | undefined): PlannedPython | undefined {
  if (spec.condaPackages.length > 0) return condaPython(spec, facts);
  const there = facts?.python;
  const wanted = spec.pythonVersion;
  if (spec.pythonExec !== undefined && there === undefined) {
    throw specProblem(
      "BASE_UNSUPPORTED",
      "pythonExec",
      `the base image has no Python 3.8 or newer at "${spec.pythonExec}"`,
      "correct pythonExec, or leave it out",
    );
  }
  if (there !== undefined && fits(wanted, there.version)) {
    const isForeign = spec.pythonExec !== undefined || there.path.startsWith("/opt/conda/");
    return {
      source: "base",
      path: there.path,
      minor: minorOf(there.version),
      version: there.version,
      systemSitePackages: isForeign,
    };
  }
  if (there === undefined && !needsPython(spec)) return undefined;
  if (spec.pythonExec !== undefined) {
    throw specProblem(
      "BASE_UNSUPPORTED",
      "pythonVersion",
      `"${spec.pythonExec}" is Python ${there?.version}, the spec asks for "${wanted}"`,
      "leave pythonVersion out, or correct pythonExec",
    );
  }
  checkCanAdd(facts, "pythonVersion", `Python ${wanted ?? defaultPythonVersion}`);
  const version = wanted ?? defaultPythonVersion;
  const minor = minorOf(version);
  return { source: "uv", path: `/opt/python/${minor}/bin/python${minor}`, minor, version, systemSitePackages: false };
}

function condaPython(spec: ResolvedImageSpec, facts: BaseFacts | undefined): PlannedPython {
  if (facts?.libc?.kind === "musl") {
    throw specProblem(
      "BASE_UNSUPPORTED",
      "condaPackages",
      "conda packages need glibc, the base image has musl",
      "choose a base of Debian or Ubuntu",
    );
  }
  checkCanAdd(facts, "condaPackages", "a conda environment");
  const pinned = spec.condaPackages
    .map((text) => /^(?:[^:]+::)?python\s*={1,2}\s*(3\.\d+)/.exec(text)?.[1])
    .find((minor) => minor !== undefined);
  const wanted = spec.pythonVersion ?? pinned ?? facts?.python?.version ?? defaultPythonVersion;
  const minor = minorOf(wanted);
  if (pinned !== undefined && pinned !== minor) {
    throw specProblem(
      "SPEC_CONFLICT",
      "condaPackages",
      `the conda packages ask for Python ${pinned}, pythonVersion for "${spec.pythonVersion}"`,
      "give both the same version, or leave pythonVersion out",
    );
  }
  const version = spec.pythonVersion ?? minor;
  return { source: "conda", path: `/opt/conda/bin/python${minor}`, minor, version, systemSitePackages: true };
}

/** Another interpreter cannot be put under packages that a base's environment has for its own. */
function checkCanAdd(facts: BaseFacts | undefined, path: string, what: string): void {
  if (facts === undefined) {
    throw specProblem(
      "BASE_UNSUPPORTED",
      "baseImage",
      `${what} cannot be added to an empty base, which has no C library`,
      "choose a base such as debian:stable-slim",
    );
  }
  if (Object.keys(facts.distributions).length === 0) return;
  throw specProblem(
    "BASE_UNSUPPORTED",
    path,
    `the base image has packages in /opt/venv for Python ${facts.python?.version ?? "of another version"}: ${what} cannot be added`,
    "use the Python of the base, or choose another base",
  );
}

function fits(wanted: string | undefined, version: string): boolean {
  return wanted === undefined || version === wanted || version.startsWith(`${wanted}.`);
}

function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

/** The stage that has the interpreter. */
export function pythonStage({ source }: PlannedPython): string {
  return source === "uv" ? "python" : source;
}
