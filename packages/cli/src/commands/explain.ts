import type { LoadedSpec } from "@imagespec/core";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { exitCodes } from "../exit-codes.ts";
import { formatSelection } from "../output/format-selection.ts";
import { styleFor } from "../output/style.ts";
import { buildOptions, displayOptions, engineOptions } from "../session/engine-options.ts";
import { openSession } from "../session/open-session.ts";
import { readBuildOptions } from "../session/read-build-options.ts";
import { warnOfProblems } from "../session/warn-of-problems.ts";
import { loadSpecs } from "../specs/load-specs.ts";
import { specTitle } from "../specs/spec-facts.ts";

/** `imagespec explain` */
export const explain: Command = {
  name: "explain",
  usage: ["[FILE…] [options]"],
  description: [
    "Says which builder would build each spec, and what every other one says. Whether the image exists is not asked.\nThe exit code is 3 when no builder takes one of the specs.",
  ],
  options: { ...buildOptions, ...engineOptions, ...displayOptions },
  run,
};

async function run(args: ParsedArguments, context: CommandContext): Promise<number> {
  const { stdout, env } = context;
  const isJson = args.flag("json");
  const hasNoColor = args.flag("no-color");
  const options = readBuildOptions(args, context.cwd, context.signal);
  const specs = await loadSpecs(args.positionals, context);
  await using session = await openSession(args, context);
  const { engine } = session;
  const selections = await Promise.all(
    specs.map(async (loaded) => ({
      loaded,
      selection: await engine.explain(loaded.spec, { ...options, root: loaded.root, lockName: loaded.lockName }),
    })),
  );
  const isOpen = selections.some(({ selection }) => selection.builder === undefined);
  const exitCode = isOpen ? exitCodes.noBuilder : exitCodes.ok;
  if (isJson) {
    const images = selections.map(({ loaded, selection: { builder, verdicts } }) => ({
      ...nameOf(loaded),
      builder: builder?.name ?? null,
      verdicts,
    }));
    stdout.write(`${JSON.stringify({ type: "explanation", exitCode, images })}\n`);
    return exitCode;
  }
  warnOfProblems(session.problems, context, hasNoColor);
  const style = styleFor(stdout, env, hasNoColor);
  for (const [index, { loaded, selection }] of selections.entries()) {
    if (selections.length > 1) stdout.write(`${index === 0 ? "" : "\n"}  ${style.bold(specTitle(loaded))}\n`);
    stdout.write(`${formatSelection(selection, style).join("\n")}\n`);
  }
  return exitCode;
}

function nameOf({ file, key, spec }: LoadedSpec): Readonly<Record<string, unknown>> {
  return { file, key, name: spec.name ?? null };
}
