import type { CommandContext } from "./command-context.ts";
import { commands } from "./commands.ts";

/** Runs one command line, without the program's name; resolves to the exit code and never rejects. */
export async function main(argv: readonly string[], context: CommandContext): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    const [{ formatOverview }, { fittingOutput }] = await Promise.all([
      import("./overview.ts"),
      import("./output/fitting-output.ts"),
    ]);
    const about = name === "help" ? commands.get(rest[0] ?? "") : undefined;
    if (about !== undefined)
      return (await import("./run-command.ts")).runCommand(await about.load(), ["--help"], context);
    const isAsked = name !== undefined;
    fittingOutput(isAsked ? context.stdout : context.stderr).write(formatOverview());
    return isAsked ? 0 : 2;
  }
  if (name === "--version" || name === "-V") {
    const { version } = await import("./version.ts");
    context.stdout.write(`${version()}\n`);
    return 0;
  }
  const entry = commands.get(name);
  if (entry === undefined) return (await import("./plugin-command.ts")).runPluginCommand(name, rest, context);
  const [{ runCommand }, command] = await Promise.all([import("./run-command.ts"), entry.load()]);
  return runCommand(command, rest, context);
}
