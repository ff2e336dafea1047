import { ImageSpecError } from "@imagespec/errors";
import type { DockerfileInput, DockerfileOptions, DockerfilePlan } from "./dockerfile-plan.ts";

/** The Dockerfile and build context of a spec. Pure: the same input gives the same text. */
export function planDockerfile(_input: DockerfileInput, _options: DockerfileOptions): DockerfilePlan {
  throw new ImageSpecError("INTERNAL", "not written yet");
}
