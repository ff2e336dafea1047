import { type Clock, systemClock } from "@imagespec/cloud-support";
import { isImageSpecError } from "@imagespec/errors";
import type { CompleteOptions } from "../assert-options.ts";
import type { CodebuildPort } from "../aws/ports.ts";
import { buildImages } from "./start-request.ts";

/**
 * Makes the project where the options describe one and it does not exist. Under a fixed name, once: every build overrides what it needs.
 *
 * @throws CLOUD_DENIED, CLOUD_…
 */
export async function ensureProject(
  codebuild: CodebuildPort,
  { project, compute = {} }: Pick<CompleteOptions, "project" | "compute">,
  options: { readonly signal: AbortSignal; readonly clock?: Clock },
): Promise<void> {
  if (typeof project === "string") return;
  const { signal, clock = systemClock } = options;
  if ((await codebuild.getProject(project.name, { signal })) !== undefined) return;
  const { name, serviceRole, vpc, tags = {} } = project;
  const input = {
    name,
    serviceRole,
    image: buildImages["linux/amd64"] ?? "",
    computeType: `BUILD_GENERAL1_${compute.type ?? "MEDIUM"}`,
    environmentType: "LINUX_CONTAINER",
    privileged: true,
    ...(vpc === undefined ? {} : { vpc }),
    tags,
  };
  // A role that was made a moment ago is not known everywhere.
  for (const delayMs of [3000, 5000, 10_000]) {
    try {
      return await codebuild.createProject(input, { signal });
    } catch (error) {
      if (!isImageSpecError(error, "CLOUD_BUILD_ENVIRONMENT")) throw error;
      await clock.sleep(delayMs, signal);
    }
  }
  await codebuild.createProject(input, { signal });
}
