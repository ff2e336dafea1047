import type { CommandFacts, OptionFacts } from "./command-facts.ts";

/** The completion script for fish. */
export function fishScript(commands: readonly CommandFacts[]): string {
  return `# fish completion of imagespec: imagespec completion fish | source
complete -c imagespec -e
complete -c imagespec -f
complete -c imagespec -n __fish_use_subcommand -l version -s V -d 'the version'
complete -c imagespec -n __fish_use_subcommand -l help -s h -d 'show the help'
complete -c imagespec -n __fish_use_subcommand -a help -d 'show the help of a command'
complete -c imagespec -n '__fish_seen_subcommand_from help' -a '${commands.map(({ name }) => name).join(" ")}'
${commands.flatMap(commandLines).join("\n")}
`;
}

function commandLines({ name, summary, options, words, takesFiles }: CommandFacts): readonly string[] {
  // The second word alone is the command: a later word may look like one.
  const isAt = (count: string) =>
    `complete -c imagespec -n 'set -l words (commandline -opc); test (count $words) ${count}; and test $words[2] = ${name}'`;
  const own = isAt("-ge 2");
  return [
    "",
    `complete -c imagespec -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ...(words.length > 0 ? [`${isAt("-eq 2")} -a ${quote(words.join(" "))}`] : []),
    ...(takesFiles ? [`${words.length > 0 ? isAt("-ge 3") : own} -F`] : []),
    ...options.map((option) => `${own} ${optionArguments(option)}`),
  ];
}

function optionArguments({ name, short, summary, value, completes }: OptionFacts): string {
  const forms = `-l ${name}${short === undefined ? "" : ` -s ${short}`} -d ${quote(summary)}`;
  if (value === undefined) return forms;
  if (completes === "file") return `${forms} -r -F`;
  if (completes === "folder") return `${forms} -x -a '(__fish_complete_directories)'`;
  return completes === "nothing" ? `${forms} -x` : `${forms} -x -a ${quote(completes.join(" "))}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
