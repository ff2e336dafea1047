import { cloudDeclines } from "@imagespec/cloud-support";
import type { ResolvedImageSpec, SelectionContext } from "@imagespec/core";
import type { SpecProblem } from "@imagespec/errors";
import type { CompleteOptions } from "./assert-options.ts";
import { isEcr } from "./ecr/ecr-host.ts";

/** What of a spec CodeBuild cannot build under these options; pure, and without the network. */
export function declines(
  spec: ResolvedImageSpec,
  context: Pick<SelectionContext, "output">,
  options: CompleteOptions,
): readonly SpecProblem[] {
  const { registries, secrets = {}, compute } = options;
  return [
    ...cloudDeclines(spec, context, {
      builder: "aws-codebuild",
      platforms: ["linux/amd64", "linux/arm64"],
      isOwnRegistry: (registry) => isEcr(registry, registries),
      registries: "registries of Amazon ECR",
      secrets: new Set(Object.keys(secrets)),
      keeps: "aws",
    }),
    ...(compute?.dockerServer === true ? armProblems(spec) : []),
  ];
}

function armProblems({ platforms }: ResolvedImageSpec): readonly SpecProblem[] {
  return platforms
    .filter((platform) => platform.startsWith("linux/arm64"))
    .map((platform) => ({
      code: "BUILDER_DECLINED",
      path: "platform",
      message: `a Docker server of CodeBuild does not run "${platform}"`,
      hint: "leave the option compute.dockerServer out, or choose linux/amd64",
    }));
}
