import path from "node:path";
import { type ResolvedImageSpec, readIndexOption } from "@imagespec/core";
import { StepReporter } from "@imagespec/dockerfile";
import { ImageSpecError } from "@imagespec/errors";
import { detectUvSettings, type UvSettings } from "@imagespec/resolver";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";
import type { BuildkitDaemon } from "../daemon/daemon.ts";
import type { BuildSession, SessionRequest } from "./build-session.ts";

/** One build on one daemon. */
export function createSession(
  spec: ResolvedImageSpec,
  request: SessionRequest,
  { options, daemon }: { readonly options: BuildkitBuilderOptions; readonly daemon: BuildkitDaemon },
): BuildSession {
  const [platform, ...others] = spec.platforms;
  if (platform === undefined || others.length > 0)
    throw new ImageSpecError("INTERNAL", "a builder without multi-platform was given several platforms");
  return {
    spec,
    platform,
    request,
    options,
    daemon,
    steps: new StepReporter(request.emit),
    ended: new Set(),
    settings: uvSettings(options, spec),
    folder: options.cacheFolder ?? path.join(request.cacheFolder, "buildkit"),
  };
}

/** uv and index settings: options of the spec, of the builder, then of the environment. */
export function uvSettings(
  options: BuildkitBuilderOptions,
  spec: Pick<ResolvedImageSpec, "builderOptions">,
  detected: UvSettings = detectUvSettings(),
): UvSettings {
  return {
    ...detected,
    index: readIndexOption("buildkit", spec.builderOptions).options.index ?? options.index ?? detected.index,
    uv: options.uv ?? detected.uv,
    caFile: options.ca ?? detected.caFile,
  };
}
