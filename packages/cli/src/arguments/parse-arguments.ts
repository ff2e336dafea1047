import { parseArgs } from "node:util";
import { suggest } from "@imagespec/errors";
import type { OptionTable } from "./option.ts";
import { ParsedArguments } from "./parsed-arguments.ts";
import { usageError } from "./usage-error.ts";

interface Grammar {
  readonly name: string;
  readonly options: OptionTable;
  readonly takesRest?: boolean;
  readonly maxPositionals?: number;
}

/**
 * Reads the arguments of one command.
 *
 * @throws CLI_USAGE for an unknown option, a missing or unexpected value, too many arguments
 */
export function parseArguments(argv: readonly string[], grammar: Grammar): ParsedArguments {
  const { name, options, takesRest = false, maxPositionals } = grammar;
  const separator = takesRest ? argv.indexOf("--") : -1;
  const own = separator === -1 ? argv : argv.slice(0, separator);
  const rest = separator === -1 ? [] : argv.slice(separator + 1);
  const help = `run "imagespec ${name} --help" for what there is`;

  const { tokens } = parseArgs({
    args: [...own],
    options: Object.fromEntries(
      Object.entries(options).map(([long, { type, short }]) => [
        long,
        { type: type === "flag" ? "boolean" : "string", ...(short === undefined ? {} : { short }) } as const,
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) {
      const near = token.rawName.startsWith("--") ? suggest(token.name, Object.keys(options)) : undefined;
      throw usageError(
        `"${name}" has no option "${token.rawName}"`,
        near === undefined ? help : `write "--${near}", or ${help}`,
      );
    }
    if (option.type === "flag" && token.value !== undefined)
      throw usageError(`option "${token.rawName}" takes no value`, `write "${token.rawName}" alone`);
    const value = token.value ?? "";
    if (option.type === "text" && (token.value === undefined || (!token.inlineValue && value.startsWith("--"))))
      throw usageError(
        `option "${token.rawName}" needs a value`,
        `write "${token.rawName} ${option.value ?? "VALUE"}"`,
      );
    if (option.choices !== undefined && !option.choices.includes(value))
      throw usageError(`"${value}" is no value of "${token.rawName}"`, `use one of ${option.choices.join(", ")}`);
    const given = values.get(token.name) ?? [];
    if (given.length > 0 && option.type === "text" && option.isList !== true)
      throw usageError(`option "${token.rawName}" is given twice`, "leave one of them out");
    values.set(token.name, [...given, value]);
  }
  if (maxPositionals !== undefined && positionals.length > maxPositionals) {
    const extra = positionals[maxPositionals] ?? "";
    throw usageError(
      `"${name}" does not take the argument "${extra}"`,
      takesRest ? `put what belongs to the program after "--"` : help,
    );
  }
  return new ParsedArguments({ options, values, positionals, rest });
}
