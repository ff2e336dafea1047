import type { Option } from "../arguments/option.ts";
import type { Command } from "../command.ts";
import { commands } from "../commands.ts";

/** What a shell needs to know of a command. */
export interface CommandFacts {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionFacts[];
  /** The words that the first argument may be: `ls`, `prune`, `verify`. */
  readonly words: readonly string[];
  /** Whether arguments may be files. */
  readonly takesFiles: boolean;
}

export interface OptionFacts {
  /** Without the hyphens. */
  readonly name: string;
  readonly short: string | undefined;
  readonly summary: string;
  readonly isList: boolean;
  /** What the value is called; nothing for a flag. */
  readonly value: string | undefined;
  /** What may follow. */
  readonly completes: "nothing" | "file" | "folder" | readonly string[];
}

/** Every command of this package, loaded for what its help says. */
export async function readCommandFacts(): Promise<readonly CommandFacts[]> {
  return Promise.all([...commands].map(async ([name, { summary, load }]) => commandFacts(name, summary, await load())));
}

function commandFacts(name: string, summary: string, { usage, options, takesRest }: Command): CommandFacts {
  const help: Option = { type: "flag", short: "h", summary: "show the help" };
  return {
    name,
    summary,
    options: Object.entries({ ...options, help }).map(([option, facts]) => optionFacts(option, facts)),
    words: usage.flatMap(wordsOf),
    // What follows `--` is for another program, which may take files.
    takesFiles: takesRest === true || usage.some((form) => /\b(?:FILE|SOURCE)\b/.test(form)),
  };
}

/** The usage writes words that stand for themselves in lower case, and what the user fills in in capitals. */
function wordsOf(form: string): readonly string[] {
  const [, words] = /^\[?([a-z]+(?:\|[a-z]+)*)\]?(?= |$)/.exec(form) ?? [];
  return words === undefined || words === "options" ? [] : words.split("|");
}

function optionFacts(name: string, { type, short, summary, value, choices, isList }: Option): OptionFacts {
  const called = type === "flag" ? undefined : (value ?? "VALUE");
  const path = called === "FILE" ? "file" : called === "FOLDER" ? "folder" : "nothing";
  return { name, short, summary, isList: isList === true, value: called, completes: choices ?? path };
}
