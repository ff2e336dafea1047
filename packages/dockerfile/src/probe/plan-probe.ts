import type { ResolvedImageSpec } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { ContextEntry } from "../context/context-entry.ts";
import type { Dialect } from "../plan/dockerfile-plan.ts";

/** A Dockerfile whose one step prints what {@link parseProbe} reads. A cached step prints nothing: build it without cache. */
export function planProbe(
  _base: { readonly reference: string },
  _spec: Pick<ResolvedImageSpec, "pythonExec">,
  _options: { readonly dialect: Dialect },
): { readonly text: string; readonly context: readonly ContextEntry[] } {
  throw new ImageSpecError("INTERNAL", "not written yet");
}
