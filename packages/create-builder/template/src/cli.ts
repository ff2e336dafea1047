import type { CliPlugin } from "@imagespec/core";

/** What the command `imagespec` gets from this plugin: checks for `imagespec doctor`, and sub-commands. */
export const cli: CliPlugin = {
  commands: [],
  doctor: [
    {
      name: "__builder__: machinery",
      run: async () => [{ status: "ok", message: "works on this machine, nothing else is needed" }],
    },
  ],
};
