import type { OpenedOutput } from "../outputs/opened-output.ts";
import type { ResolvedImageSpec } from "../spec/resolved-spec.ts";
import type { BuildTarget } from "./build-target.ts";
import type { BuildContext } from "./engine-context.ts";
import type { BaseOpener } from "./open-base.ts";
import type { ImageFacts } from "./read-image.ts";
import { type Assignments, assignBuilders } from "./select-builder.ts";
import { builderDeclined, noBuilder } from "./selection-error.ts";
import { selectionRequest } from "./selection-request.ts";
import { splitFor } from "./split-build.ts";

/** The making of one image: of a requested one, or of a base. */
export interface ImageJob {
  readonly context: BuildContext;
  readonly target: BuildTarget;
  readonly output: OpenedOutput;
  readonly base: BaseOpener;
  readonly isForced: boolean;
  /** Marks the steps of a base. */
  readonly prefix: string | undefined;
  /** Told of what was built and verified before it gets its tag and its record. */
  readonly onVerified?: (platforms: ReadonlyMap<string, ImageFacts>) => void;
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
  const how = { output, asksAll: false, isForced, split: splitFor(context, target, isForced) };
  const request = await selectionRequest(context, target, missing, how);
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
