import type { CliContext } from "@imagespec/core";
import { detectUvSettings, type UvSettings } from "@imagespec/resolver";
import type { AssembleBuilderOptions } from "../assemble-builder-options.ts";

/** The plugin's options as the configuration file has them. */
export function optionsOf({ options }: CliContext): AssembleBuilderOptions {
  // The factory checks them when it is called; a check only needs those that have the right form.
  return typeof options === "object" && options !== null ? (options as AssembleBuilderOptions) : {};
}

/** uv and index settings as a build would have them. */
export function settingsOf(context: CliContext): UvSettings {
  const detected = detectUvSettings(context.env, context.env["HOME"]);
  const { uv, index } = optionsOf(context);
  return { ...detected, uv: uv ?? detected.uv, index: index ?? detected.index };
}
