import type { BuildRequest, PackageResolution } from "@imagespec/core";
import { type BaseFacts, type DockerfilePlan, localFiles, planDockerfile } from "@imagespec/dockerfile";
import type { BuildSession } from "./build-session.ts";
import { dialectOf } from "./dialect-of.ts";
import type { OpenedBase } from "./open-base.ts";
import { uvForImage } from "./uv-for-image.ts";

/** The Dockerfile and context of a build. */
export async function planImage(
  session: BuildSession,
  request: Pick<BuildRequest, "labels" | "env">,
  parts: {
    readonly base: OpenedBase | undefined;
    readonly facts: BaseFacts | undefined;
    readonly resolution: PackageResolution | undefined;
  },
): Promise<DockerfilePlan> {
  const { spec, options } = session;
  const { base, facts, resolution } = parts;
  const { frontend, machineSecrets = true, ca, caForCommands = ca !== undefined } = options;
  const input = {
    spec,
    base:
      base === undefined || facts === undefined
        ? undefined
        : { reference: base.reference, config: base.config.config ?? {}, facts },
    resolution,
    labels: request.labels,
    env: request.env,
    files: await localFiles(resolution),
  };
  const settings = {
    dialect: dialectOf(session),
    machineSecrets,
    ca: caForCommands,
    ...(frontend === undefined ? {} : { frontend }),
  };
  // uv costs a download the first time: only for those who install something.
  const plan = planDockerfile(input, { ...settings, uv: { from: "image", reference: uvPlaceholder } });
  if (!plan.text.includes(uvPlaceholder)) return plan;
  return planDockerfile(input, { ...settings, uv: await uvForImage(session) });
}

const uvPlaceholder = "uv.imagespec.invalid/uv";
