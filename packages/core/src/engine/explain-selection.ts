import type { BuildTarget } from "./build-target.ts";
import type { BuildContext } from "./engine-context.ts";
import { platformSpecsOf } from "./platform-specs.ts";
import { assignBuilders } from "./select-builder.ts";
import type { Selection } from "./selection.ts";
import { selectionRequest } from "./selection-request.ts";
import { splitFor } from "./split-build.ts";

/** Who would build all of an image, with what every builder says; whether it exists is not asked. @throws BUILDER_NOT_FOUND */
export async function explainSelection(context: BuildContext, target: BuildTarget): Promise<Selection> {
  const isForced = context.options.force ?? false;
  const request = await selectionRequest(context, target, platformSpecsOf(target), {
    output: undefined,
    asksAll: true,
    isForced,
    split: splitFor(context, target, isForced),
  });
  const { assignments, unassigned, verdicts } = await assignBuilders(request);
  return { builder: unassigned.length > 0 ? undefined : assignments[0]?.builder, verdicts };
}
