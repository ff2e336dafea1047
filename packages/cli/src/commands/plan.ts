import type { Drift, PlannedImage } from "@imagespec/core";
import { ImageSpecError, type SpecProblem } from "@imagespec/errors";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { exitCodeOf, exitCodes } from "../exit-codes.ts";
import { formatOptions, readsFlytekit } from "../flytekit/format-options.ts";
import { formatDrift } from "../output/format-drift.ts";
import { formatPlan } from "../output/format-plan.ts";
import { styleFor } from "../output/style.ts";
import { buildOptions, displayOptions, engineOptions } from "../session/engine-options.ts";
import { openSession } from "../session/open-session.ts";
import { readBuildOptions } from "../session/read-build-options.ts";
import { warnOfProblems } from "../session/warn-of-problems.ts";
import { loadSpecs } from "../specs/load-specs.ts";
import type { SpecToBuild } from "../specs/spec-to-build.ts";

/** `imagespec plan` */
export const plan: Command = {
  name: "plan",
  usage: ["[FILE…] [options]"],
  description: [
    "Says what a build would do, image by image, bases first, and writes nothing. The exit code is 0 whether images exist\nor would be built; where a build would fail, it is the code of that failure.",
  ],
  options: {
    ...buildOptions,
    drift: {
      type: "flag",
      summary: "resolve anew, and say what differs from the locks, or from the images that are there",
    },
    ...formatOptions,
    ...engineOptions,
    ...displayOptions,
  },
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { stdout, env } = context;
  const hasNoColor = args.flag("no-color");
  const options = readBuildOptions(args, context.cwd, context.signal);
  const specs: readonly SpecToBuild[] = readsFlytekit(args)
    ? await (await import("../flytekit/load-flytekit-specs.ts")).loadFlytekitSpecs(args, context)
    : await loadSpecs(args.positionals, context);
  await using session = await openSession(args, context);
  const { images } = await session.engine.plan(
    specs.map(({ spec, root, lockName, build }) => ({ spec, options: { root, lockName, ...build } })),
    options,
  );
  const blocked = images.find(({ action }) => action === "blocked");
  const exitCode = blocked === undefined ? exitCodes.ok : exitCodeOf(problemOf(blocked));
  const drift: Drift[] = [];
  if (args.flag("drift") && exitCode === exitCodes.ok) {
    for (const { spec, root, lockName } of specs) {
      drift.push(...(await session.engine.drift({ spec, options: { root, lockName } }, options)));
    }
  }
  if (args.flag("json")) {
    stdout.write(`${JSON.stringify({ type: "plan", exitCode, images, ...(args.flag("drift") ? { drift } : {}) })}\n`);
    return exitCode;
  }
  warnOfProblems(session.problems, context, hasNoColor);
  const style = styleFor(stdout, env, hasNoColor);
  const look = { style, columns: stdout.columns || 100, cwd: context.cwd, specs };
  stdout.write(`${formatPlan(images, problemOf, look).join("\n")}\n`);
  for (const found of drift) stdout.write(`${formatDrift(found, context.cwd, style).join("\n")}\n`);
  return exitCode;
}

/** The error that a plan carries as plain data. */
function problemOf({ problem = {} }: PlannedImage): ImageSpecError {
  // The engine made the record from an error's own toJSON.
  const { code, message, hint, problems } = problem as {
    readonly code?: ImageSpecError["code"];
    readonly message?: string;
    readonly hint?: string;
    readonly problems?: readonly SpecProblem[];
  };
  return new ImageSpecError(code ?? "INTERNAL", message ?? "the plan gives no reason", {
    ...(hint === undefined ? {} : { hint }),
    problems: problems ?? [],
  });
}
