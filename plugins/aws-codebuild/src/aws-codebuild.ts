import {
  type BuilderDefinition,
  type Capability,
  defineBuilder,
  type ImageSpecBuilder,
  type Json,
  priorities,
  readIndexOption,
} from "@imagespec/core";
import { ImageSpecError, isImageSpecError } from "@imagespec/errors";
import { assertOptions, type CompleteOptions, completeOptions } from "./assert-options.ts";
import { openAws } from "./aws/open-aws.ts";
import type { AwsPorts } from "./aws/ports.ts";
import type { AwsCodebuildOptions } from "./aws-codebuild-options.ts";
import type { BuildTools } from "./build/build-image.ts";

const capabilities: readonly Capability[] = [
  "apt-packages",
  "conda-packages",
  "commands",
  "sdists",
  "cuda",
  "other-python",
  "base-image",
  "scratch-base",
  "onbuild",
  "runtime-packages",
  "bytecode",
  "output-registry",
  "secret-aws",
];

const missing = {
  available: false,
  reason: "no project and bucket are configured",
  hint: "set builders.aws-codebuild.options.project and bucket in the configuration, or IMAGESPEC_AWS_PROJECT and IMAGESPEC_AWS_BUCKET",
} as const;

/** The tools of a builder's builds, made when the first one begins. */
function lazyTools(options: CompleteOptions, aws: AwsPorts): () => Promise<BuildTools> {
  let tools: Promise<BuildTools> | undefined;
  return () => {
    tools ??= import("./build/create-tools.ts").then(({ createTools }) => createTools(options, aws));
    return tools;
  };
}

/** How long it is waited for credentials before the builder says that there are none, in milliseconds. */
const credentialsMs = 3000;

function define(given: AwsCodebuildOptions = {}): BuilderDefinition {
  assertOptions(given);
  const options = completeOptions(given);
  const aws = openAws(given);
  const tools = options === undefined ? undefined : lazyTools(options, aws);
  // Secrets of this machine are handed on by reference, where the options have one.
  const hasReferences = Object.keys(given.secrets ?? {}).length > 0;
  return {
    name: "aws-codebuild",
    priority: priorities.cloud,
    appendableSource: true,
    capabilities: hasReferences ? [...capabilities, "secret-env", "secret-file"] : capabilities,
    async isAvailable({ signal }) {
      if (options === undefined) return missing;
      try {
        await aws.region();
        await within(aws.checkCredentials(), signal);
        return true;
      } catch (error) {
        if (!isImageSpecError(error)) throw error;
        return { available: false, reason: error.message, hint: error.hint ?? "run imagespec doctor" };
      }
    },
    async shouldBuild(spec, context) {
      if (options === undefined)
        return {
          action: "decline",
          problems: [{ code: "BUILDER_DECLINED", path: "", message: missing.reason, hint: missing.hint }],
        };
      const { declines } = await import("./declines.ts");
      const problems = declines(spec, context, options);
      if (problems.length > 0) return { action: "decline", problems };
      const project = typeof options.project === "string" ? options.project : options.project.name;
      return { action: "build", detail: `project ${project}, a machine for each platform` };
    },
    contentOptions: (value): Json => {
      const { index } = readIndexOption("aws-codebuild", value).options;
      return index === undefined ? {} : { index };
    },
    async build(spec, request) {
      if (tools === undefined) throw new TypeError("asked to build without project and bucket");
      const { buildImage } = await import("./build/build-image.ts");
      return buildImage(spec, request, await tools());
    },
  };
}

async function within(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(credentialsMs)]);
  const late = new Promise<never>((_, reject) => {
    const onAbort = (): void =>
      reject(
        new ImageSpecError("CLOUD_CREDENTIALS", `no credentials for AWS came within ${credentialsMs / 1000} seconds`, {
          hint: "set AWS_PROFILE, run aws sso login, or give the machine a role",
          details: { provider: "aws" },
        }),
      );
    limit.addEventListener("abort", onAbort, { once: true });
  });
  await Promise.race([work, late]);
}

/** The builder that has images built by AWS CodeBuild, and pushed to Amazon ECR. */
export const awsCodebuild: (options?: AwsCodebuildOptions) => ImageSpecBuilder = defineBuilder<
  AwsCodebuildOptions | undefined
>(define);
