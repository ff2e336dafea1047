import type { CommandContext } from "../command-context.ts";
import type { BuildReporter, ReportedBuild } from "./build-reporter.ts";
import { JsonReporter } from "./json-reporter.ts";
import { LiveReporter } from "./live-reporter.ts";
import { PlainReporter } from "./plain-reporter.ts";
import { QuietReporter } from "./quiet-reporter.ts";
import { styleFor } from "./style.ts";

export interface OutputOptions {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  readonly hasNoColor: boolean;
}

/** The reporter that fits the options and the place that output goes to. */
export function chooseReporter(
  builds: readonly ReportedBuild[],
  { stdout, stderr, env, cwd }: CommandContext,
  { isJson, isQuiet, isVerbose, hasNoColor }: OutputOptions,
): BuildReporter {
  if (isJson) return new JsonReporter(stdout);
  const style = styleFor(stderr, env, hasNoColor);
  if (isQuiet) return new QuietReporter(builds, { results: stdout, errors: stderr, style, cwd });
  if (isInteractive(stderr, env)) {
    const results = stdout.isTTY === true ? undefined : stdout;
    return new LiveReporter(builds, { screen: stderr, style, results, cwd, isVerbose });
  }
  const resultStyle = styleFor(stdout, env, hasNoColor);
  return new PlainReporter(builds, { progress: stderr, results: stdout, style, resultStyle, cwd, isVerbose });
}

/** CI systems may offer a terminal, and keep what is drawn over. */
function isInteractive(
  { isTTY }: { readonly isTTY?: boolean | undefined },
  { TERM: term, CI: ci = "" }: Readonly<Record<string, string | undefined>>,
): boolean {
  return isTTY === true && term !== "dumb" && (ci === "" || ci === "false" || ci === "0");
}
