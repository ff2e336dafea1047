import type { CliContext } from "@imagespec/core";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";

/** The plugin's options as the configuration file has them. */
export function contextOptions({ options }: Pick<CliContext, "options">): GoogleCloudBuildOptions {
  // The factory checks them when it is called; a check only needs those that have the right form.
  return typeof options === "object" && options !== null ? (options as GoogleCloudBuildOptions) : {};
}
