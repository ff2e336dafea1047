import { commands } from "./commands.ts";

/** What `imagespec --help` prints. */
export function formatOverview(): string {
  const width = Math.max(...[...commands.keys()].map((name) => name.length));
  return [
    "imagespec builds container images for Python code from a short description.",
    "",
    "usage: imagespec COMMAND [ARGUMENTS]",
    "",
    "commands:",
    ...[...commands].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "  imagespec COMMAND --help    what a command accepts",
    "  imagespec --version         the version",
    "",
    'Plugins may add commands; "imagespec builders" lists them.',
    "",
  ].join("\n");
}
