import type { CliContext } from "@imagespec/core";
import type { AwsCodebuildOptions } from "../aws-codebuild-options.ts";
import { detectPlaces } from "../detect.ts";

/** The plugin's options as the configuration file has them, with what the environment adds. */
export function optionsOf({ options, env }: Pick<CliContext, "options" | "env">): AwsCodebuildOptions {
  // The factory checks them when it is called; a check only needs those that have the right form.
  const given = typeof options === "object" && options !== null ? (options as AwsCodebuildOptions) : {};
  const { project, bucket } = detectPlaces(env);
  return {
    ...(project === undefined ? {} : { project }),
    ...(bucket === undefined ? {} : { bucket }),
    ...given,
  };
}
