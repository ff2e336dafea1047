import { ImageSpecError } from "@imagespec/errors";
import type { BuildkitBuilderOptions } from "../buildkit-builder-options.ts";
import type { BuildkitDaemon } from "../daemon/daemon.ts";
import type { BuildxPlace, Environment } from "../daemon/detect.ts";

/** A builder of `docker buildx`. @throws ENGINE_DOWN, ENGINE_PERMISSION, ENGINE_UNSUPPORTED, ABORTED */
export async function openBuildx(
  place: BuildxPlace,
  _options: {
    readonly env: Environment;
    readonly tls: BuildkitBuilderOptions["tls"];
    readonly signal: AbortSignal;
  },
): Promise<BuildkitDaemon> {
  throw new ImageSpecError("ENGINE_UNSUPPORTED", `docker buildx cannot be used yet (${place.kind})`);
}
