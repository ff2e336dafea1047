import type { StepMessage } from "../client/build-message.ts";
import type { GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";
import { commonArguments, secretEnvironment } from "./build-arguments.ts";
import type { BuildWork } from "./build-work.ts";
import { buildStep } from "./docker-steps.ts";
import { escapeDollar } from "./escape-dollar.ts";

/** The official client, which has buildx. */
const builderImage = "docker.io/library/docker:28-cli";
const emulatorImage = "docker.io/tonistiigi/binfmt:latest";

/** Steps share the workspace. */
const metadataFile = "/workspace/imagespec-metadata.json";

/** Id of the step whose output is what buildx says of the image. */
export const digestStep = "digest";

/** Steps that build with a BuildKit of their own, push by digest, and leave the digest as the output of the last one. */
export function buildxSteps(work: BuildWork, options: GoogleCloudBuildOptions): readonly StepMessage[] {
  const { buildkitImage, cache, network } = options;
  const name = options.builderImage ?? builderImage;
  const step = (id: string, args: readonly string[], more: Partial<StepMessage> = {}): StepMessage => ({
    id,
    name,
    args: args.map(escapeDollar),
    ...more,
  });
  const driver = [
    ...(buildkitImage === undefined ? [] : [`image=${buildkitImage}`]),
    // The steps of a build are in the network of its BuildKit.
    ...(network === undefined ? [] : [`network=${network}`]),
  ];
  return [
    ...(work.emulated
      ? [step("emulation", ["run", "--privileged", "--rm", emulatorImage, "--install", architectureOf(work.platform)])]
      : []),
    step("builder", [
      ...["buildx", "create", "--name", "imagespec", "--driver", "docker-container"],
      ...driver.flatMap((option) => ["--driver-opt", option]),
    ]),
    step(
      buildStep,
      [
        ...["buildx", "build", "--builder", "imagespec", "--provenance=false", "--sbom=false"],
        ...commonArguments(work, {}),
        ...["--metadata-file", metadataFile],
        ...["--output", `type=image,name=${work.image},push=true,push-by-digest=true,oci-mediatypes=true`],
        ...cacheArguments(cache),
        work.contextFolder,
      ],
      // What else buildx would write there makes the file longer than an output may be.
      { env: ["BUILDX_METADATA_PROVENANCE=disabled"], ...secretEnvironment(work) },
    ),
    { id: digestStep, name, script: `#!/bin/sh\nset -eu\ncp ${metadataFile} "$BUILDER_OUTPUT/output"\n` },
  ];
}

function cacheArguments(cache: GoogleCloudBuildOptions["cache"]): readonly string[] {
  if (cache === undefined || cache === "none") return [];
  const { registry, mode = "max" } = cache;
  const place = `type=registry,ref=${registry}`;
  return [
    ...["--cache-from", place],
    // Its loss fails no build.
    ...["--cache-to", `${place},mode=${mode},image-manifest=true,oci-mediatypes=true,ignore-error=true`],
  ];
}

function architectureOf(platform: string): string {
  return platform.split("/")[1] ?? platform;
}
