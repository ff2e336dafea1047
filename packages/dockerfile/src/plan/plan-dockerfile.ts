import { profileLayout } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import { BuildContext } from "../context/build-context.ts";
import { writeBaseStage, writePythonStage, writeSystemStage } from "../stages/base-stages.ts";
import { writePlatform, writeUvStage } from "../stages/build-tools.ts";
import { needsNewline, writeImageStage } from "../stages/image-stage.ts";
import { writePackageStages } from "../stages/package-stages.ts";
import { DockerfileText } from "../text/dockerfile-text.ts";
import { mark } from "../text/mark.ts";
import { newlineArgument } from "../text/quote-word.ts";
import { choosePython } from "./choose-python.ts";
import { checkCuda } from "./cuda-base.ts";
import type { DockerfileInput, DockerfileOptions, DockerfilePlan } from "./dockerfile-plan.ts";
import { stageGroups } from "./package-groups.ts";
import { planBase } from "./plan-base.ts";
import type { PlanState } from "./plan-state.ts";
import { planUser } from "./plan-user.ts";
import { SecretMounts } from "./secret-mounts.ts";
import { specProblem } from "./spec-problem.ts";

/**
 * The Dockerfile and build context of a spec. Pure: the same input gives the same text, on every machine.
 *
 * @throws BASE_UNSUPPORTED, SPEC_CONFLICT, SPEC_VALUE, WHEEL_CONFLICT
 */
export function planDockerfile(input: DockerfileInput, options: DockerfileOptions): DockerfilePlan {
  const { spec } = input;
  checkSpec(input);
  const base = planBase(spec, input.base);
  const python = spec.part === "system" ? undefined : choosePython(spec, base?.facts);
  const distributions = python === undefined ? [] : (input.resolution?.distributions ?? []);
  const state: PlanState = {
    spec,
    input,
    options,
    base,
    python,
    groups: stageGroups(spec, distributions, base?.facts),
    user: planUser(spec.user, base?.config.User ?? "", profileLayout(spec.profile)),
    text: new DockerfileText(),
    context: new BuildContext(),
    secrets: new SecretMounts(spec, options),
  };
  const { text, context, secrets } = state;
  if (options.frontend !== undefined) text.comment(`syntax=${options.frontend}`);
  text.comment(mark);
  writePlatform(state);
  if (state.groups.length > 0 || (python !== undefined && python.source !== "base")) writeUvStage(state);
  writeBaseStage(state);
  writeSystemStage(state);
  writePythonStage(state);
  writePackageStages(state);
  writeImageStage(state);
  return {
    text: text.text,
    dialect: options.dialect,
    context: context.entries,
    secrets: secrets.planned,
    steps: text.steps,
    buildArgs: needsNewline(state) ? { [newlineArgument]: "\n" } : {},
  };
}

function checkSpec({ spec, base, resolution }: DockerfileInput): void {
  if (spec.platforms.length !== 1) {
    throw new ImageSpecError("INTERNAL", `a Dockerfile is for one platform, not for "${spec.platforms.join(", ")}"`);
  }
  const isEmpty = base === undefined;
  const field = spec.aptPackages.length > 0 ? "aptPackages" : spec.commands.length > 0 ? "commands" : undefined;
  if (isEmpty && field !== undefined && spec.cuda === undefined) {
    throw specProblem("BASE_UNSUPPORTED", field, "nothing can be run on an empty base", "choose a base with a shell");
  }
  const [first, ...others] = checkCuda(spec, resolution);
  if (first === undefined) return;
  throw new ImageSpecError(first.code, first.message, { problems: [first, ...others], hint: first.hint ?? "" });
}
