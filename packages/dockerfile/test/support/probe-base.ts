import type { ResolvedImageSpec } from "@imagespec/core";
import type { Stack, StackEngineName } from "@imagespec/test-support";
import { type BaseFacts, type DockerfileInput, parseProbe, planProbe } from "../../src/index.ts";
import { buildPlan } from "./build-plan.ts";

/** The base of a spec as a builder sees it: its configuration by the engine, its facts by a probe. */
export async function probeBase(
  stack: Stack,
  engine: StackEngineName,
  spec: ResolvedImageSpec,
): Promise<NonNullable<DockerfileInput["base"]> & { readonly facts: BaseFacts }> {
  const base = spec.resolvedBase;
  if (base.kind !== "reference") throw new TypeError(`a base of kind ${base.kind}`);
  const { reference } = base;
  const probe = planProbe({ reference }, spec, { dialect: "base" });
  const { log } = await buildPlan(stack, engine, probe, { args: ["--no-cache"] });
  await stack.docker(["pull", "-q", reference], { engine, allowFailure: true });
  const { stdout } = await stack.docker(["inspect", "-f", "{{json .Config}}", reference], { engine });
  return { reference, config: JSON.parse(stdout), facts: parseProbe(log) };
}
