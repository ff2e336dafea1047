import type { SpecProblem } from "@imagespec/errors";
import { fingerprintSpec } from "../fingerprint/fingerprint-spec.ts";
import { emptySourceTree } from "../source/resolved-source-tree.ts";
import { deepFreeze } from "../spec/deep-freeze.ts";
import type { NormalizedSecret } from "../spec/normalized-spec.ts";
import { emptySpec } from "../spec/resolve-base.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";

/** Whether a spec has a lower half that another builder could make. */
export function hasSystemPart(spec: ResolvedImageSpec): boolean {
  if (spec.part === "system" || spec.resolvedBase.kind === "debian") return false;
  return spec.aptPackages.length > 0 || spec.commands.some(({ after }) => after === "system");
}

/**
 * Splits a spec: what is built is the upper half, and it stands on the image of the lower one. The upper half keeps fingerprint, tag
 * and labels of the whole, since the image is the same whichever way it is made; the lower half has its own, and is the same for
 * every spec with the same base, packages and commands.
 */
export function splitSpec(spec: ResolvedImageSpec, systemBuilder: string): ResolvedImageSpec | SpecProblem {
  const problem = whyWhole(spec, systemBuilder);
  if (problem !== undefined) return problem;
  const system = fingerprintSpec({
    ...emptySpec(spec),
    part: "system",
    root: spec.root,
    name: spec.name === undefined ? "system" : `${spec.name}-system`,
    builder: systemBuilder,
    aptPackages: spec.aptPackages,
    commands: spec.commands,
    secrets: spec.secrets.flatMap((secret) => withSteps(secret, (step) => step !== "packages")),
    resolvedBase: spec.resolvedBase,
    requirementLines: [],
    requirementFiles: [],
    constraintLines: [],
    lock: undefined,
    source: emptySourceTree,
    contentOptions: {},
  });
  return deepFreeze<ResolvedImageSpec>({
    ...spec,
    aptPackages: [],
    commands: [],
    secrets: spec.secrets.flatMap((secret) => withSteps(secret, (step) => step === "packages")),
    resolvedBase: { kind: "image", image: system },
  });
}

/** The lower half that a spec stands on. */
export function systemPartOf({ resolvedBase }: ResolvedImageSpec): ResolvedImageSpec | undefined {
  return resolvedBase.kind === "image" && resolvedBase.image.part === "system" ? resolvedBase.image : undefined;
}

function whyWhole(spec: ResolvedImageSpec, systemBuilder: string): SpecProblem | undefined {
  const problem = (path: string, message: string, hint: string): SpecProblem => ({
    code: "BUILDER_DECLINED",
    path,
    message: `the build cannot be split for systemBuilder "${systemBuilder}": ${message}`,
    hint,
  });
  const later = spec.commands.findIndex(({ after }) => after !== "system");
  if (later >= 0) {
    return problem(
      `commands[${later}]`,
      `the command runs after ${spec.commands[later]?.after}`,
      'add after: "system" to it, if it needs neither packages nor source',
    );
  }
  const whole = `build the image as a whole: builder: ${systemBuilder}`;
  if (spec.condaPackages.length > 0) {
    return problem("condaPackages", "conda packages and Python packages are one environment", whole);
  }
  for (const field of ["cuda", "cudnn"] as const) {
    if (spec[field] !== undefined) return problem(field, "it decides about the base and the Python packages", whole);
  }
  if (spec.resolvedBase.kind === "scratch") return problem("baseImage", "the base is empty", "choose a base image");
  return undefined;
}

function withSteps(
  secret: NormalizedSecret,
  isWanted: (step: NormalizedSecret["steps"][number]) => boolean,
): readonly NormalizedSecret[] {
  const steps = secret.steps.filter(isWanted);
  return steps.length === 0 ? [] : [{ ...secret, steps }];
}
