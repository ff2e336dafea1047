import type { CliContext } from "@imagespec/core";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";

/** The plugin's options as the configuration file has them. */
export function optionsOf({ options }: CliContext): BuildkitBuilderOptions {
  // The factory checks them when it is called; a check only needs those that have the right form.
  return typeof options === "object" && options !== null ? (options as BuildkitBuilderOptions) : {};
}
