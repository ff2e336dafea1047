import { normalizePackageName, type ResolvedImageSpec } from "@imagespec/core";
import type { PlannedStep } from "../plan/dockerfile-plan.ts";

/** What of a spec is needed to name the field behind a failure. */
export type ExplainedSpec = Pick<
  ResolvedImageSpec,
  "packages" | "requirementLines" | "aptPackages" | "condaPackages" | "secrets"
>;

/** The field that a step carries out; one entry of it where the step is about that one alone. */
export function fieldOf(step: PlannedStep, spec: ExplainedSpec | undefined): string {
  const [only, ...others] = step.members ?? [];
  if (step.field !== "packages" || only === undefined || others.length > 0) return step.field;
  return packageField(only, spec);
}

/** `packages[3]` for a package of the list, `requirements` for one of a file; a dependency of a dependency is the whole list's matter. */
export function packageField(requirement: string, spec: ExplainedSpec | undefined): string {
  if (spec === undefined) return "packages";
  const name = packageName(requirement);
  const index = spec.packages.findIndex((line) => packageName(line) === name);
  if (index >= 0) return `packages[${index}]`;
  if (spec.requirementLines.some((line) => packageName(line) === name)) return "requirements";
  return spec.packages.length > 0 ? "packages" : "requirements";
}

/** `aptPackages[2]`, `condaPackages[0]`: the entry for a name, whatever version stands behind it. */
export function entryField(
  field: "aptPackages" | "condaPackages",
  name: string,
  spec: ExplainedSpec | undefined,
): string {
  const entries = spec?.[field] ?? [];
  const index = entries.findIndex((entry) => entry === name || /^[^\s=<>!:/[]+/.exec(entry)?.[0] === name);
  return index >= 0 ? `${field}[${index}]` : field;
}

function packageName(requirement: string): string {
  return normalizePackageName(/^[A-Za-z0-9][\w.-]*/.exec(requirement)?.[0] ?? requirement);
}
