import type { SelectionContext } from "../builder/builder.ts";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { type BuildTarget, outputOf } from "./build-target.ts";
import type { BuildContext } from "./engine-context.ts";
import { findExisting } from "./find-existing.ts";
import type { SelectionRequest } from "./select-builder.ts";
import { builderNotFound } from "./selection-error.ts";

/** What builders may look at when they are asked. */
async function selectionContext(context: BuildContext, target: BuildTarget): Promise<SelectionContext> {
  const { engine, options, signal } = context;
  return {
    output: outputOf(target),
    hostPlatform: engine.hostPlatform,
    allowEmulation: options.allowEmulation ?? false,
    registryClient: await engine.registryClient(),
    signal,
  };
}

/** How builders are asked for what is missing of an image. */
export async function selectionRequest(
  context: BuildContext,
  target: BuildTarget,
  missing: readonly ResolvedImageSpec[],
  how: {
    readonly output: OpenedOutput | undefined;
    readonly asksAll: boolean;
    readonly isForced: boolean;
    readonly split: SelectionRequest["split"];
  },
): Promise<SelectionRequest> {
  const { engine, signal } = context;
  const { spec } = target;
  const all = engine.builders();
  const named = spec.builder === undefined ? all : all.filter(({ name }) => name === spec.builder);
  if (spec.builder !== undefined && named.length === 0) throw builderNotFound(spec.builder, all);
  return {
    spec,
    missing,
    builders: named,
    context: await selectionContext(context, target),
    asksAll: how.asksAll,
    split: how.split,
    availability: engine.availability,
    confirm: how.isForced
      ? undefined
      : async (existing, unit) => {
          const services = { output: how.output, client: await engine.registryClient() };
          return (await findExisting("", existing, unit, services, signal)) !== undefined;
        },
  };
}
