import type { CommandFacts, OptionFacts } from "./command-facts.ts";

/** The completion script for zsh: to be sourced, or a file `_imagespec` in a folder of `fpath`. */
export function zshScript(commands: readonly CommandFacts[]): string {
  const described = commands.map(({ name, summary }) => `    ${quote(`${name}:${summary.replaceAll(":", "\\:")}`)}`);
  return `#compdef imagespec
# zsh completion of imagespec: source <(imagespec completion zsh)
_imagespec() {
  local -a commands
  commands=(
${described.join("\n")}
    'help:show the help of a command'
  )
  if (( CURRENT == 2 )); then
    _describe -t commands 'imagespec command' commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
    help)
      _describe -t commands 'imagespec command' commands
      ;;
${commands.map(commandCase).join("")}  esac
}

if [[ "$funcstack[1]" == _imagespec ]]; then
  _imagespec "$@"
elif (( $+functions[compdef] )); then
  compdef _imagespec imagespec
fi
`;
}

function commandCase({ name, options, words, takesFiles }: CommandFacts): string {
  const positional = [
    ...(words.length > 0 ? [quote(`1:action:(${words.join(" ")})`)] : []),
    ...(takesFiles ? [quote("*:file:_files")] : []),
  ];
  const specs = [...options.flatMap(optionSpecs), ...positional];
  return `    ${name})\n      _arguments -s \\\n${specs.map((spec) => `        ${spec}`).join(" \\\n")}\n      ;;\n`;
}

/** Both forms of an option exclude each other, unless it may be repeated. */
function optionSpecs({ name, short, summary, isList, value, completes }: OptionFacts): readonly string[] {
  const forms = [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
  const before = isList ? "*" : forms.length > 1 ? `(${forms.join(" ")})` : "";
  const text = `[${summary.replaceAll(/[[\]:\\]/g, "\\$&")}]`;
  return forms.map((form) => {
    const takes = value === undefined ? "" : `:${value.replaceAll(":", "\\:")}:${actionOf(completes)}`;
    return quote(`${before}${form}${value !== undefined && form.startsWith("--") ? "=" : ""}${text}${takes}`);
  });
}

function actionOf(completes: OptionFacts["completes"]): string {
  if (completes === "nothing") return " ";
  if (completes === "file") return "_files";
  return completes === "folder" ? "_files -/" : `(${completes.join(" ")})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
