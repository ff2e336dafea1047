import { formatHelp } from "./arguments/format-help.ts";
import { parseArguments } from "./arguments/parse-arguments.ts";
import type { Command } from "./command.ts";
import type { CommandContext } from "./command-context.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { reportFailure } from "./output/report-failure.ts";

/** Parses the arguments of a command and runs it; a failure is reported and becomes an exit code. */
export async function runCommand(command: Command, argv: readonly string[], context: CommandContext): Promise<number> {
  const own = command.takesRest && argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  if (own.includes("--help") || own.includes("-h")) {
    context.stdout.write(formatHelp(command));
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
