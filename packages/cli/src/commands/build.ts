import type { BuilderEvent, SettledBuild } from "@imagespec/core";
import { parseDuration } from "../arguments/duration.ts";
import type { OptionTable } from "../arguments/option.ts";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { exitCodeOf, exitCodes } from "../exit-codes.ts";
import { formatOptions, readsFlytekit } from "../flytekit/format-options.ts";
import type { BuildReporter } from "../output/build-reporter.ts";
import { chooseReporter } from "../output/choose-reporter.ts";
import { keepingLog } from "../output/keeping-log.ts";
import { buildOptions, displayOptions, engineOptions } from "../session/engine-options.ts";
import { openBuildSession } from "../session/open-build-session.ts";
import { readBuildOptions } from "../session/read-build-options.ts";
import { formatProblem } from "../session/warn-of-problems.ts";
import { type BuiltSpec, buildSpecs } from "../specs/build-specs.ts";
import { loadSpecs } from "../specs/load-specs.ts";
import { specTitle } from "../specs/spec-facts.ts";
import type { SpecToBuild } from "../specs/spec-to-build.ts";

const options: OptionTable = {
  ...buildOptions,
  concurrency: { type: "text", value: "NUMBER", summary: "images in the making at once" },
  timeout: { type: "text", value: "DURATION", summary: "give up after 90s, 10m or 1h" },
  ...engineOptions,
  ...displayOptions,
  ...formatOptions,
  quiet: { type: "flag", short: "q", summary: "print the references only" },
  verbose: { type: "flag", short: "v", summary: "print logs and causes too" },
};

/** `imagespec build` */
export const build: Command = {
  name: "build",
  usage: ["[FILE…] [options]"],
  description: [
    "Makes the images of spec files, unless they exist. Without a file, the only *.image.yaml, image.yaml or\nimagespec.yaml of this folder is taken; - reads YAML from standard input.",
    "Without a registry, images go to the local image store.",
  ],
  options,
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const display = {
    isJson: args.flag("json"),
    isQuiet: args.flag("quiet"),
    isVerbose: args.flag("verbose"),
    hasNoColor: args.flag("no-color"),
  };
  if (display.isJson && display.isQuiet) throw usageError('"--json" and "--quiet" cannot be combined', "leave one out");
  const timeout = args.text("timeout");
  const concurrency = args.integer("concurrency", 1);
  const given = {
    ...readBuildOptions(args, context.cwd, context.signal),
    timeoutMs: timeout === undefined ? undefined : parseDuration(timeout, "--timeout"),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
  const specs: readonly SpecToBuild[] = readsFlytekit(args)
    ? await (await import("../flytekit/load-flytekit-specs.ts")).loadFlytekitSpecs(args, context)
    : await loadSpecs(args.positionals, context);
  if (given.name !== undefined && specs.length > 1) {
    throw usageError(`"--name" cannot name ${specs.length} images`, "put the names into the specs");
  }
  let reporter: BuildReporter | undefined;
  const start = performance.now();
  const tell = (event: BuilderEvent): void => {
    const t = Math.round(performance.now() - start);
    reporter?.event(0, { ...event, t, build: specs[0] === undefined ? "" : specTitle(specs[0]), builder: "" });
  };
  await using session = await openBuildSession(args, context, {
    concurrency,
    onPlugins: ({ problems }) => {
      for (const problem of problems) tell({ type: "warning", message: formatProblem(problem) });
    },
    // The client is that of all builds, and does not know for which one it asks.
    onRetry: (retry) => {
      if (specs.length === 1) tell({ type: "retry", ...retry });
    },
  });
  const platform = given.platform ?? session.config.config.platform;
  const built = await buildSpecs(
    session.engine,
    specs,
    given,
    (builds) => {
      reporter = keepingLog(chooseReporter(builds, context, display), builds, session);
      return reporter;
    },
    platform,
  );
  const failure = built.map(({ outcome }) => outcome).find((outcome) => outcome.status === "rejected");
  const exitCode = failure?.status === "rejected" ? exitCodeOf(failure.error) : exitCodes.ok;
  if (display.isJson) context.stdout.write(`${JSON.stringify(lastLine(built, exitCode, failure))}\n`);
  return exitCode;
}

/** What programs read: all images, and the first error if there was one. */
function lastLine(
  built: readonly BuiltSpec[],
  exitCode: number,
  failure: SettledBuild | undefined,
): Readonly<Record<string, unknown>> {
  const images = built.map(({ loaded: { file, key, told }, outcome }) => ({
    file,
    key,
    ...told,
    ...(outcome.status === "fulfilled" ? outcome.result : { error: outcome.error }),
  }));
  return failure?.status === "rejected"
    ? { type: "error", exitCode, error: failure.error, images }
    : { type: "result", exitCode, images };
}
