import type { CodeBlock } from "./code-block.ts";

/** One command of a shell line. */
export interface ShellCommand {
  readonly words: readonly string[];
  /** Of the Markdown file, from 1. */
  readonly line: number;
}

/** The commands that a reader is to type: what follows `$ `; other lines are output. */
export function shellCommands({ code, line }: CodeBlock): readonly ShellCommand[] {
  const commands: ShellCommand[] = [];
  const lines = code.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const first = index;
    let text = lines[index] ?? "";
    if (!text.startsWith("$ ")) continue;
    while (text.endsWith("\\")) text = `${text.slice(0, -1)} ${lines[++index] ?? ""}`;
    commands.push(...splitCommands(text.slice(2)).map((words) => ({ words, line: line + first })));
  }
  return commands;
}

/** Words of a shell line, command by command, without comments, assignments and redirections. */
function splitCommands(text: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  const token = /\s+|(&&|\|\||[|;])|(#.*$)|((?:[^\s"'|;&]|"[^"]*"|'[^']*'|&(?!&))+)/gy;
  for (const [, operator, comment, word] of text.matchAll(token)) {
    if (comment !== undefined) break;
    if (operator !== undefined) commands.push([]);
    if (word !== undefined) commands.at(-1)?.push(word.replace(/["']/g, ""));
  }
  return commands.map(commandWords).filter((words) => words.length > 0);
}

function commandWords(words: readonly string[]): readonly string[] {
  const start = words.findIndex((word) => !/^[A-Z_][A-Z0-9_]*=/.test(word));
  const own = start === -1 ? [] : words.slice(start);
  const redirection = own.findIndex((word) => /^\d?[<>]/.test(word));
  return redirection === -1 ? own : own.slice(0, redirection);
}
