import type { CommandFacts, OptionFacts } from "./command-facts.ts";

/** The completion script for bash, from version 3.2 on, which macOS has. */
export function bashScript(commands: readonly CommandFacts[]): string {
  const names = [...commands.map(({ name }) => name), "help", "--help", "--version"];
  return `# bash completion of imagespec: source <(imagespec completion bash)
_imagespec_files() {
  compopt -o filenames 2>/dev/null
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$1" -- "$2"))
}

_imagespec() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" command="" index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    if [[ "\${COMP_WORDS[index]}" != -* ]]; then
      command="\${COMP_WORDS[index]}"
      break
    fi
  done
  case "$command" in
    "")
      ${wordList(names)}
      ;;
    help)
      ${wordList(commands.map(({ name }) => name))}
      ;;
${commands.map(commandCase).join("")}  esac
}

complete -F _imagespec imagespec
`;
}

function commandCase({ name, options, words, takesFiles }: CommandFacts): string {
  const flags = options.flatMap(({ name: long, short }) => [
    `--${long}`,
    ...(short === undefined ? [] : [`-${short}`]),
  ]);
  const values = valueCases(options);
  return `    ${name})
${values.length === 0 ? "" : `      case "$previous" in\n${values.join("")}      esac\n`}      if [[ "$current" == -* ]]; then
        COMPREPLY=($(compgen -W "${flags.join(" ")}" -- "$current"))
${words.length === 0 ? "" : `      elif [[ "$previous" == ${name} ]]; then\n        ${wordList(words)}\n`}${takesFiles ? `      else\n        ${paths("-f")}\n` : ""}      fi
      ;;
`;
}

/** One case for all options whose values are completed alike. */
function valueCases(options: readonly OptionFacts[]): readonly string[] {
  const byAction = new Map<string, string[]>();
  for (const { name, short, value, completes } of options) {
    if (value === undefined) continue;
    const action = valueAction(completes);
    const forms = [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
    byAction.set(action, [...(byAction.get(action) ?? []), ...forms]);
  }
  return [...byAction].map(
    ([action, forms]) => `        ${forms.join(" | ")})\n${action}          return\n          ;;\n`,
  );
}

function valueAction(completes: OptionFacts["completes"]): string {
  if (completes === "nothing") return "";
  if (completes === "file") return `          ${paths("-f")}\n`;
  return `          ${completes === "folder" ? paths("-d") : wordList(completes)}\n`;
}

function wordList(words: readonly string[]): string {
  return `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$current"))`;
}

function paths(kind: "-f" | "-d"): string {
  return `_imagespec_files ${kind} "$current"`;
}
