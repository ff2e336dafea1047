import type { ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { BaseFacts } from "../base/base-facts.ts";
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

/**
 * The interpreter for the image's environment; nothing when the base has none and nothing asks for one.
 *
 * @throws BASE_UNSUPPORTED for a base without the Python that the spec asks for
 */
export function choosePython(spec: ResolvedImageSpec, facts: BaseFacts, reference: string): VenvPython | undefined {
  const { python } = facts;
  const wanted = spec.pythonVersion;
  if (python === undefined) {
    if (!needsPython(spec)) return undefined;
    throw unsupported(`the base image "${reference}" has no Python`, wanted ?? "3.12");
  }
  const version = python.version ?? python.minor;
  if (wanted !== undefined && !fits(wanted, python.minor, python.version))
    throw unsupported(`the base image "${reference}" has Python ${version}, the spec asks for "${wanted}"`, wanted);
  return { path: python.path, minor: python.minor, version };
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
