import { createPoller } from "@imagespec/cloud-support";
import { isImageSpecError } from "@imagespec/errors";
import type { CompleteOptions } from "../assert-options.ts";
import type { AwsPorts, CodebuildBuild } from "../aws/ports.ts";
import type { BuildTools } from "./build-image.ts";
import { finalStatuses } from "./follow-build.ts";

/** What the builds of one builder share: one poller asks for all of them. */
export function createTools(options: CompleteOptions, aws: AwsPorts): BuildTools {
  const { firstMs = 2000, maxMs = 10_000 } = options.polling ?? {};
  const poller = createPoller<CodebuildBuild>({
    provider: "aws",
    interval: { firstMs, maxMs },
    isFinal: ({ status }) => finalStatuses.has(status),
    isTransient: (error) => !isImageSpecError(error, "CLOUD_DENIED") && !isImageSpecError(error, "CLOUD_CREDENTIALS"),
    fetch: async (ids, signal) => {
      const builds = await (await aws.codebuild()).batchGetBuilds(ids, { signal });
      return new Map(builds.map((build) => [build.id, build]));
    },
  });
  return { options, aws, poller };
}
