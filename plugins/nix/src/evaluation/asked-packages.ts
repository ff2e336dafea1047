import { isRequirement, parseRequirement, type ResolvedImageSpec } from "@imagespec/core";
import type { SpecProblem } from "@imagespec/errors";
import { evaluateMarker, markerEnvironment } from "@imagespec/resolver";
import type { AskedPackage } from "./evaluation-input.ts";

/** A requirement of the spec that is looked up in the package set. */
export interface AskedRequirement extends AskedPackage {
  /** Normalised (PEP 503). */
  readonly name: string;
  /** As the user wrote it. */
  readonly text: string;
  /** Field path. */
  readonly path: string;
  /** `>=1.0`; those of constraint files too. */
  readonly specifiers: readonly string[];
}

/** Reads the requirements of a spec for a package set, and says which of them no package set can fulfil. */
export function askedPackages(
  spec: Pick<ResolvedImageSpec, "requirementLines" | "constraintLines" | "packages">,
  target: { readonly platform: string; readonly pythonVersion: string },
): { readonly asked: readonly AskedRequirement[]; readonly problems: readonly SpecProblem[] } {
  const asked: AskedRequirement[] = [];
  const problems: SpecProblem[] = [];
  const environment = markerEnvironment({ ...target, libc: { kind: "glibc", version: "2.34" } });
  const constraints = new Map<string, string[]>();
  for (const line of spec.constraintLines) {
    const parsed = parseRequirement(line);
    if (isRequirement(parsed))
      constraints.set(parsed.name, [...(constraints.get(parsed.name) ?? []), ...parsed.specifiers]);
  }
  for (const text of spec.requirementLines) {
    const index = spec.packages.indexOf(text);
    const path = index >= 0 ? `packages[${index}]` : "requirements";
    const parsed = parseRequirement(text);
    if (!isRequirement(parsed) || parsed.url !== undefined) {
      const message = `"${text}" is not a package of nixpkgs, which knows names and versions alone`;
      const hint = "build it as a wheel and set builderOptions.packages to wheels";
      problems.push({ code: "BUILDER_DECLINED", path, message, hint });
      continue;
    }
    const { name, extras, marker, specifiers } = parsed;
    if (marker !== undefined && !evaluateMarker(marker, environment)) continue;
    const candidates = [...new Set([name, name.replaceAll("-", "_"), name.replaceAll("-", "")])].map((each) => [each]);
    const all = [...specifiers, ...(constraints.get(name) ?? [])];
    asked.push({ name, text, path, candidates, extras, specifiers: all });
  }
  return { asked, problems };
}
