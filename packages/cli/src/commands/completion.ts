import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { usageError } from "../arguments/usage-error.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command-context.ts";
import { bashScript } from "../completion/bash-script.ts";
import { type CommandFacts, readCommandFacts } from "../completion/command-facts.ts";
import { fishScript } from "../completion/fish-script.ts";
import { zshScript } from "../completion/zsh-script.ts";

const scripts: ReadonlyMap<string, (commands: readonly CommandFacts[]) => string> = new Map([
  ["bash", bashScript],
  ["zsh", zshScript],
  ["fish", fishScript],
]);

/** `imagespec completion` */
export const completion: Command = {
  name: "completion",
  usage: ["bash|zsh|fish"],
  description: [
    "Prints a script with which a shell completes commands, options, their values and files. To have it in every session:",
    "  bash  imagespec completion bash > ~/.local/share/bash-completion/completions/imagespec\n  zsh   imagespec completion zsh > FOLDER/_imagespec, FOLDER being one of $fpath\n  fish  imagespec completion fish > ~/.config/fish/completions/imagespec.fish",
    "Commands that plugins add are not completed.",
  ],
  options: {},
  isVerbatim: true,
  maxPositionals: 1,
  run,
};

async function run(args: ParsedArguments, { stdout }: CommandContext): Promise<number> {
  const [shell] = args.positionals;
  const script = scripts.get(shell ?? "");
  if (script === undefined) {
    throw usageError(
      shell === undefined ? '"completion" needs to know the shell' : `there is no completion for "${shell}"`,
      `write "imagespec completion ${[...scripts.keys()].join('", "imagespec completion ')}"`,
    );
  }
  stdout.write(script(await readCommandFacts()));
  return 0;
}
