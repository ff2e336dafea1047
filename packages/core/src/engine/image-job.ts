import type { SelectionContext } from "../builder/builder.ts";
import type { OpenedOutput } from "../outputs/opened-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import { type BuildTarget, outputOf } from "./build-target.ts";
import type { BuildContext } from "./engine-context.ts";
import { findExisting } from "./find-existing.ts";
import type { BaseOpener } from "./open-base.ts";
import { type Assignments, assignBuilders, type SelectionRequest } from "./select-builder.ts";
import { builderDeclined, builderNotFound, noBuilder } from "./selection-error.ts";

/** The making of one image: of a requested one, or of a base. */
export interface ImageJob {
  readonly context: BuildContext;
  readonly target: BuildTarget;
  readonly output: OpenedOutput;
  readonly base: BaseOpener;
  readonly isForced: boolean;
  /** Marks the steps of a base. */
  readonly prefix: string | undefined;
}

/** What builders may look at when they are asked. */
function selectionContext(context: BuildContext, target: BuildTarget): SelectionContext {
  const { engine, options, signal } = context;
  return {
    output: outputOf(target),
    hostPlatform: engine.hostPlatform,
    allowEmulation: options.allowEmulation ?? false,
    registryClient: engine.registryClient,
    signal,
  };
}

/** How builders are asked for what is missing of an image. */
export function selectionRequest(
  context: BuildContext,
  target: BuildTarget,
  missing: readonly ResolvedImageSpec[],
  how: { readonly output: OpenedOutput | undefined; readonly asksAll: boolean; readonly isForced: boolean },
): SelectionRequest {
  const { engine, signal } = context;
  const { spec } = target;
  const all = engine.builders();
  const named = spec.builder === undefined ? all : all.filter(({ name }) => name === spec.builder);
  if (spec.builder !== undefined && named.length === 0) throw builderNotFound(spec.builder, all);
  return {
    spec,
    missing,
    builders: named,
    context: selectionContext(context, target),
    asksAll: how.asksAll,
    availability: engine.availability,
    confirm: how.isForced
      ? undefined
      : async (existing, unit) => {
          const services = { output: how.output, client: engine.registryClient };
          return (await findExisting("", existing, unit, services, signal)) !== undefined;
        },
  };
}

/**
 * The builders for what is missing of an image.
 *
 * @throws BUILDER_NOT_FOUND, BUILDER_DECLINED (the spec names a builder), NO_BUILDER
 */
export async function chooseBuilders(
  job: ImageJob,
  missing: readonly ResolvedImageSpec[],
  without: ReadonlySet<string> = new Set(),
): Promise<Assignments> {
  const { context, target, output, isForced } = job;
  await context.engine.loadBuilders();
  const request = selectionRequest(context, target, missing, { output, asksAll: false, isForced });
  const builders = request.builders.filter(({ name }) => !without.has(name));
  const chosen = await assignBuilders({ ...request, builders });
  if (chosen.unassigned.length > 0) throw selectionError(target, chosen);
  return chosen;
}

/** Why nothing was chosen. */
export function selectionError({ spec, name, tag }: BuildTarget, { verdicts }: Assignments): Error {
  const image = `${name}:${tag}`;
  return spec.builder === undefined ? noBuilder(image, verdicts) : builderDeclined(spec.builder, verdicts, image);
}
