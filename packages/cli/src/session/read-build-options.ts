import type { BuildOptions, ExistencePolicy } from "@imagespec/core";
import type { ParsedArguments } from "../arguments/parsed-arguments.ts";
import { parseOutput } from "./output-choice.ts";

/** What the flags of `buildOptions` say. */
export function readBuildOptions(args: ParsedArguments, cwd: string, signal: AbortSignal): BuildOptions {
  const platform = args.list("platform").flatMap((list) => list.split(","));
  const output = args.has("output") ? args.text("output") : undefined;
  return {
    registry: args.text("registry"),
    name: args.text("name"),
    tagFormat: args.text("tag-format"),
    builder: args.text("builder"),
    systemBuilder: args.text("system-builder"),
    platform: platform.length === 0 ? undefined : platform,
    output: output === undefined ? undefined : parseOutput(output, cwd),
    force: args.flag("force"),
    // Its choices are those of the type.
    existence: args.text("existence") as ExistencePolicy | undefined,
    locked: args.flag("locked"),
    signal,
  };
}
