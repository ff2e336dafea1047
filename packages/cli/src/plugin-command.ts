import type { CliCommand, CliContext } from "@imagespec/core";
import { suggest } from "@imagespec/errors";
import { parseArguments } from "./arguments/parse-arguments.ts";
import { usageError } from "./arguments/usage-error.ts";
import type { CommandContext } from "./command-context.ts";
import { commands } from "./commands.ts";
import { exitCodeOf } from "./exit-codes.ts";
import { reportFailure } from "./output/report-failure.ts";
import { engineOptions } from "./session/engine-options.ts";
import { openSession } from "./session/open-session.ts";
import { pluginOptions } from "./session/plugin-options.ts";

/** Runs a command that a plugin brings; an unknown one is a usage error. */
export async function runPluginCommand(
  name: string,
  argv: readonly string[],
  context: CommandContext,
): Promise<number> {
  try {
    if (name.startsWith("-")) throw usageError(`there is no option "${name}"`, 'run "imagespec --help"');
    await using session = await openSession(parseArguments([], { name, options: engineOptions }), context);
    const names = [...commands.keys()];
    for (const plugin of session.plugins) {
      const cli = await plugin.cli();
      names.push(...(cli?.commands ?? []).map((command) => command.name));
      const command = cli?.commands.find((candidate) => candidate.name === name);
      if (command === undefined) continue;
      return await runOne(command, argv, { ...context, options: pluginOptions(plugin, session.config) });
    }
    const near = suggest(name, names);
    throw usageError(
      `there is no command "${name}"`,
      near === undefined ? 'run "imagespec --help" for what there is' : `write "imagespec ${near}"`,
    );
  } catch (error) {
    return exitCodeOf(reportFailure(error, context, { isJson: argv.includes("--json") }));
  }
}

async function runOne(command: CliCommand, argv: readonly string[], context: CliContext): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    context.stdout.write(command.help.endsWith("\n") ? command.help : `${command.help}\n`);
    return 0;
  }
  return command.run(argv, context);
}
