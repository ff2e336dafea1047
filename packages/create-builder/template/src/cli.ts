import type { CliPlugin } from "@imagespec/core";
import type { __options__ } from "./__builder__.ts";
import { availability } from "./availability.ts";

/** What the command `imagespec` gets from this plugin: checks for `imagespec doctor`, and sub-commands. */
export const cli: CliPlugin = {
  commands: [],
  doctor: [
    {
      name: "__builder__: machinery",
      async run({ options, signal }) {
        // What the configuration file has for the builder, as its factory gets it.
        const found = await availability(options as __options__ | undefined, signal);
        if (found.available) return [{ status: "ok", message: "is there" }];
        return [{ status: "warning", message: found.reason, hint: found.hint }];
      },
    },
  ],
};
