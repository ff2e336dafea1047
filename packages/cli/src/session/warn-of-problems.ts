import type { PluginProblem } from "@imagespec/core";
import type { CommandContext } from "../command-context.ts";
import { styleFor } from "../output/style.ts";

/** Says which plugins could not be loaded: the others go on without them. */
export function warnOfProblems(
  problems: readonly PluginProblem[],
  { stderr, env }: CommandContext,
  hasNoColor: boolean,
): void {
  const style = styleFor(stderr, env, hasNoColor);
  for (const { error } of problems) {
    const hint = error.hint === undefined ? "" : `; ${error.hint}`;
    stderr.write(`  ${style.yellow("!")} ${error.message}${style.dim(hint)}\n`);
  }
}
