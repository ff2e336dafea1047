import { isImageSpecError, type SpecProblem } from "@imagespec/errors";
import { openOutputToRead } from "../outputs/open-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { type BuildTarget, baseTarget } from "./build-target.ts";
import { checkExistence } from "./check-existence.ts";
import type { BuildContext } from "./engine-context.ts";
import { platformSpecsOf } from "./platform-specs.ts";
import { assignBuilders, type SelectionRequest } from "./select-builder.ts";
import { selectionRequest } from "./selection-request.ts";
import { hasSystemPart, splitSpec, systemPartOf } from "./split-spec.ts";

/** How the specs of a target are split; nothing when the caller names no builder for it, or there is nothing to split off. */
export function splitFor(context: BuildContext, target: BuildTarget, isForced: boolean): SelectionRequest["split"] {
  const { systemBuilder } = context.options;
  if (systemBuilder === undefined || !hasSystemPart(target.spec)) return undefined;
  // Every builder that declines asks again.
  const known = new Map<ResolvedImageSpec, Promise<ResolvedImageSpec | SpecProblem>>();
  return (unit) => {
    let answer = known.get(unit);
    if (answer === undefined) {
      answer = split(context, target, unit, { systemBuilder, isForced });
      known.set(unit, answer);
    }
    return answer;
  };
}

async function split(
  context: BuildContext,
  target: BuildTarget,
  unit: ResolvedImageSpec,
  how: { readonly systemBuilder: string; readonly isForced: boolean },
): Promise<ResolvedImageSpec | SpecProblem> {
  const upper = splitSpec(unit, how.systemBuilder);
  const system = "code" in upper ? undefined : systemPartOf(upper);
  if (system === undefined) return upper;
  return (await whyNoSystem(context, baseTarget(system, target), how)) ?? upper;
}

/** Why the image of the lower half cannot be had; nothing when it is there already, or the builder takes it. */
async function whyNoSystem(
  context: BuildContext,
  system: BuildTarget,
  { systemBuilder, isForced }: { readonly systemBuilder: string; readonly isForced: boolean },
): Promise<SpecProblem | undefined> {
  const { engine, signal } = context;
  const output = await openOutputToRead(system.place, engine);
  if (output !== undefined && !isForced) {
    const { existence } = await checkExistence(output, system, signal);
    if (existence.state === "present") return undefined;
  }
  const problem = (path: string, why: string, hint: string | undefined): SpecProblem => ({
    code: "BUILDER_DECLINED",
    path,
    message: `systemBuilder "${systemBuilder}" cannot make the system packages: ${why}`,
    ...(hint === undefined ? {} : { hint }),
  });
  try {
    const how = { output, asksAll: false, isForced, split: undefined };
    const { unassigned, verdicts } = await assignBuilders(
      await selectionRequest(context, system, platformSpecsOf(system), how),
    );
    if (unassigned.length === 0) return undefined;
    for (const { verdict } of verdicts) {
      if (verdict.action === "unavailable") return problem("", verdict.reason, verdict.hint);
      const [first] = verdict.action === "decline" ? verdict.problems : [];
      if (first !== undefined) return problem(first.path, first.message, first.hint);
    }
    return problem("", "it did not say why", undefined);
  } catch (error) {
    if (!isImageSpecError(error, "BUILDER_NOT_FOUND")) throw error;
    return problem("", error.message, error.hint);
  }
}
