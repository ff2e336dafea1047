import { formatHelp } from "./arguments/format-help.ts";
import { parseArguments } from "./arguments/parse-arguments.ts";
import type { Command } from "./command.ts";
import type { CommandContext } from "./command-context.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { fittingOutput } from "./output/fitting-output.ts";
import { reportFailure } from "./output/report-failure.ts";

/** Parses the arguments of a command and runs it; a failure is reported and becomes an exit code. */
export async function runCommand(command: Command, argv: readonly string[], given: CommandContext): Promise<number> {
  const own = command.takesRest && argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const isHelp = own.includes("--help") || own.includes("-h");
  const isForPrograms = !isHelp && (command.isVerbatim === true || own.includes("--json"));
  const context = isForPrograms
    ? given
    : { ...given, stdout: fittingOutput(given.stdout), stderr: fittingOutput(given.stderr) };
  if (isHelp) {
    const { isTTY, columns } = context.stdout;
    context.stdout.write(formatHelp(command, isTTY ? columns : undefined));
    return 0;
  }
  try {
    return await command.run(parseArguments(argv, command), context);
  } catch (error) {
    return exitCodeOf(
      await reportFailure(error, context, { isJson: own.includes("--json"), hasNoColor: own.includes("--no-color") }),
    );
  }
}
