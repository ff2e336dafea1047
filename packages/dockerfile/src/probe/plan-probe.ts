import type { ResolvedImageSpec } from "@imagespec/core";
import { BuildContext } from "../context/build-context.ts";
import type { ContextEntry } from "../context/context-entry.ts";
import { textEntry } from "../context/text-entry.ts";
import type { Dialect } from "../plan/dockerfile-plan.ts";
import { probeScript } from "../scripts/probe-script.ts";
import { platformFlag } from "../stages/build-tools.ts";
import { bindMount } from "../text/mount.ts";
import { quoteShell } from "../text/quote-word.ts";

/**
 * A Dockerfile whose one step prints what `parseProbe` reads.
 *
 * A step that comes from the daemon's cache prints nothing: build it without cache, and keep the facts by the base's digest
 * and `pythonExec`.
 */
export function planProbe(
  base: { readonly reference: string },
  spec: Pick<ResolvedImageSpec, "pythonExec" | "platforms">,
  _options: { readonly dialect: Dialect },
): { readonly text: string; readonly context: readonly ContextEntry[] } {
  const context = new BuildContext();
  context.add(textEntry("build/probe.sh", probeScript));
  const text = [
    "# Looks at a base image; nothing of it is kept.",
    `ARG IMAGESPEC_PLATFORM=${spec.platforms[0]}`,
    `FROM ${platformFlag} ${base.reference}`,
    "USER 0",
    `RUN ${bindMount("build/probe.sh", "/build/probe.sh")} \\`,
    `    sh /build/probe.sh ${quoteShell(spec.pythonExec ?? "")}`,
    "",
  ].join("\n");
  return { text, context: context.entries };
}
