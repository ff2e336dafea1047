import type { StepMessage } from "../client/build-message.ts";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { commonArguments, secretEnvironment } from "./build-arguments.ts";
import type { BuildWork } from "./build-work.ts";
import { escapeDollar } from "./escape-dollar.ts";

/** Google's own; machines of Cloud Build have it already. */
const builderImage = "gcr.io/cloud-builders/docker";

/** Id of the step whose log is docker's. */
export const buildStep = "build";

/** One `docker build`; Cloud Build pushes what it made, and says its digest. No shell reads a word of it. */
export function dockerSteps(work: BuildWork, options: GoogleCloudBuildOptions): readonly StepMessage[] {
  return [
    {
      id: buildStep,
      name: options.builderImage ?? builderImage,
      args: [
        ...["build", "--tag", `${work.image}:${work.tag}`],
        ...commonArguments(work, options),
        work.contextFolder,
      ].map(escapeDollar),
      env: ["DOCKER_BUILDKIT=1"],
      ...secretEnvironment(work),
    },
  ];
}
