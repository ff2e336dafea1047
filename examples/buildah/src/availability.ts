import type { Availability } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import type { BuildahOptions } from "./buildah.ts";
import { callBuildah } from "./buildah-command.ts";
import { detectUser } from "./detect.ts";

/** Mounts of secrets with `required`, and `--timestamp`, came with it. */
const oldest = [1, 28] as const;

/** Whether buildah can work here: for the engine, and for `imagespec doctor`. */
export async function availability(options: BuildahOptions | undefined, signal: AbortSignal): Promise<Availability> {
  const command = options?.command ?? "buildah";
  if (detectUser() !== 0) {
    return { available: false, reason: "buildah is driven as root only", hint: "run the build as root" };
  }
  try {
    const { stdout, log } = await callBuildah({ command, storage: [] }, ["--version"], { signal });
    const [, major, minor] = /version (\d+)\.(\d+)/.exec(stdout)?.map(Number) ?? [];
    if (major === undefined || minor === undefined) {
      return {
        available: false,
        reason: `"${command} --version" says: ${log.trim()}`,
        hint: "install buildah 1.28 or newer",
      };
    }
    if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return { available: true };
    return {
      available: false,
      reason: `buildah ${major}.${minor} is too old`,
      hint: `install buildah ${oldest.join(".")} or newer`,
    };
  } catch (error) {
    if (!isImageSpecError(error, "ENGINE_DOWN")) throw error;
    return { available: false, reason: error.message, hint: error.hint ?? "install buildah" };
  }
}
