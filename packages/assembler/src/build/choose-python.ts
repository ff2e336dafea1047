import { defaultPythonVersion, type ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { BaseFacts } from "../base/base-facts.ts";
import type { BaseLibc } from "../base/find-libc.ts";
import type { VenvPython } from "../venv/skeleton-entries.ts";

type AsksForPython = Pick<
  ResolvedImageSpec,
  "requirementLines" | "lock" | "runtimePackages" | "pythonVersion" | "pythonExec" | "resolvedBase"
>;

/** Whether something in a spec asks for Python: packages, or a version where it is not just the default. */
export function needsPython(spec: AsksForPython): boolean {
  return (
    spec.requirementLines.length > 0 ||
    spec.lock !== undefined ||
    spec.runtimePackages.length > 0 ||
    spec.pythonExec !== undefined ||
    (spec.pythonVersion !== undefined && spec.resolvedBase.kind !== "scratch")
  );
}

/** What the image's environment stands on: the base's interpreter, or one that has to be put on the base. */
export type ChosenPython =
  | { readonly source: "base"; readonly python: VenvPython }
  | {
      readonly source: "standalone";
      /** A minor or patch version. */
      readonly wanted: string;
      readonly libc: BaseLibc;
    };

/**
 * The interpreter for the image's environment; nothing when the base has none and nothing asks for one.
 *
 * @throws BASE_UNSUPPORTED for a base that lacks the Python and cannot be given one
 */
export function chooseInterpreter(
  spec: ResolvedImageSpec,
  facts: BaseFacts,
  reference: string,
): ChosenPython | undefined {
  const { python } = facts;
  const wanted = spec.pythonVersion;
  if (python === undefined && !needsPython(spec)) return undefined;
  if (python !== undefined && (wanted === undefined || fits(wanted, python.minor, python.version)))
    return {
      source: "base",
      python: { path: python.path, minor: python.minor, version: python.version ?? python.minor },
    };
  const lack =
    python === undefined
      ? `the base image "${reference}" has no Python`
      : `the base image "${reference}" has Python ${python.version ?? python.minor}, the spec asks for "${wanted}"`;
  const version = wanted ?? defaultPythonVersion;
  if (facts.libc === undefined) throw unsupported(`${lack}, and no C library that one could stand on`, version);
  if (Object.keys(facts.distributions).length > 0)
    throw unsupported(`${lack}, and packages in /opt/venv that another one would not see`, version);
  return { source: "standalone", wanted: version, libc: facts.libc };
}

/**
 * The base's own interpreter for the image's environment; nothing when it has none and nothing asks for one.
 *
 * @throws BASE_UNSUPPORTED for a base without the Python that the spec asks for
 */
export function choosePython(spec: ResolvedImageSpec, facts: BaseFacts, reference: string): VenvPython | undefined {
  const chosen = chooseInterpreter(spec, facts, reference);
  if (chosen?.source !== "standalone") return chosen?.python;
  throw unsupported(`the base image "${reference}" has no Python ${chosen.wanted}`, chosen.wanted);
}

function fits(wanted: string, minor: string, version: string | undefined): boolean {
  if (wanted === minor) return true;
  return wanted.startsWith(`${minor}.`) && (version === undefined || version === wanted);
}

function unsupported(message: string, wanted: string): ImageSpecError {
  const minor = /^\d+\.\d+/.exec(wanted)?.[0] ?? wanted;
  const hint = `choose a base with it, such as python:${minor}-slim, or leave pythonVersion out`;
  return new ImageSpecError("BASE_UNSUPPORTED", message, {
    hint,
    problems: [{ code: "BASE_UNSUPPORTED", path: "baseImage", message, hint }],
  });
}
