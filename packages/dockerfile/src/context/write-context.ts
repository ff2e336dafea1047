import { ImageSpecError } from "@imagespec/errors";
import type { DockerfilePlan } from "../plan/dockerfile-plan.ts";

/** Writes the Dockerfile and its context into a folder. @returns the paths written, relative to it, sorted */
export async function writeContext(
  _plan: DockerfilePlan,
  _folder: string,
  _options: { readonly signal: AbortSignal },
): Promise<readonly string[]> {
  throw new ImageSpecError("INTERNAL", "not written yet");
}
