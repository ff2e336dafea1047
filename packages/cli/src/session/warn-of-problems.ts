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
  for (const problem of problems) stderr.write(`  ${style.yellow("!")} ${formatProblem(problem, style.dim)}\n`);
}

/** What is wrong with a plugin, and what to do about it, in one line. */
export function formatProblem({ error }: PluginProblem, hinted: (text: string) => string = (text) => text): string {
  return error.hint === undefined ? error.message : `${error.message}${hinted(`; ${error.hint}`)}`;
}
