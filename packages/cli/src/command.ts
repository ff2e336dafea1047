import type { OptionTable } from "./arguments/option.ts";
import type { ParsedArguments } from "./arguments/parsed-arguments.ts";
import type { CommandContext } from "./command-context.ts";

/** A sub-command: what it accepts, what its help says, and what it does. */
export interface Command {
  readonly name: string;
  /** After `imagespec <name>`: `[FILE…] [options]`. One line a form. */
  readonly usage: readonly string[];
  /** Paragraphs. */
  readonly description: readonly string[];
  readonly options: OptionTable;
  /** Whether what follows `--` is the program's, not the command's. */
  readonly takesRest?: boolean;
  /** Whether it prints a file, whose lines no terminal may break. */
  readonly isVerbatim?: boolean;
  /** Most positional arguments. @default no limit */
  readonly maxPositionals?: number;
  /** Resolves to the exit code. */
  run(args: ParsedArguments, context: CommandContext): Promise<number>;
}
