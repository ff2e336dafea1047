import type { CliContext, DoctorCheck, DoctorFinding } from "@imagespec/core";
import { isImageSpecError } from "@imagespec/errors";
import { openAws } from "../aws/open-aws.ts";
import type { AwsPorts } from "../aws/ports.ts";
import type { AwsCodebuildOptions } from "../aws-codebuild-options.ts";
import { optionsOf } from "./context-options.ts";

type Look = (
  tools: { readonly options: AwsCodebuildOptions; readonly aws: AwsPorts },
  signal: AbortSignal,
) => Promise<DoctorFinding>;

/** A check of one right or resource: what AWS refuses is told with the action that is missing. */
function check(name: string, look: Look, severity: "error" | "warning" = "error"): DoctorCheck {
  return {
    name: `aws: ${name}`,
    async run(context) {
      const options = optionsOf(context);
      // A project that uses only the logins of ECR configures neither.
      if (options.project === undefined && options.bucket === undefined && needsPlaces.has(name)) return [];
      try {
        return [await look({ options, aws: openAws(options) }, limited(context))];
      } catch (error) {
        if (!isImageSpecError(error)) throw error;
        const hint = error.hint ?? "read docs/plugins/aws-codebuild.md";
        return [{ status: severity, message: error.message, hint }];
      }
    },
  };
}

const needsPlaces = new Set(["project", "builds", "bucket", "logs"]);

function limited({ signal }: CliContext): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(15_000)]);
}

const credentials = check("credentials", async ({ aws }, signal) => {
  const { account, arn } = await (await aws.identity()).whoAmI({ signal });
  return { status: "ok", message: `"${arn}" in account ${account}, region ${await aws.region()}` };
});

const project = check("project", async ({ options, aws }, signal) => {
  const { project: given } = options;
  if (given === undefined) return unset("project", "the name of a CodeBuild project");
  const name = typeof given === "string" ? given : given.name;
  const found = await (await aws.codebuild()).getProject(name, { signal });
  if (found === undefined) {
    if (typeof given === "object")
      return { status: "ok", message: `the project "${name}" is made with the first build` };
    const hint = "create it with a template of the plugin, or correct its name and the region";
    return { status: "error", message: `there is no project "${name}" in ${await aws.region()}`, hint };
  }
  if (found.environmentType?.includes("LAMBDA") === true) {
    const hint = "builds override it; let the project have LINUX_CONTAINER so that nobody is misled";
    return { status: "warning", message: `the project "${name}" runs on Lambda, which cannot build images`, hint };
  }
  return { status: "ok", message: `the project "${name}" runs under "${found.serviceRole ?? "no role"}"` };
});

const builds = check("builds", async ({ options, aws }, signal) => {
  const { project: given } = options;
  if (given === undefined) return unset("project", "the name of a CodeBuild project");
  const name = typeof given === "string" ? given : given.name;
  await (await aws.codebuild()).batchGetBuilds([`${name}:00000000-0000-0000-0000-000000000000`], { signal });
  return { status: "ok", message: "codebuild:BatchGetBuilds is allowed; StartBuild and StopBuild show with a build" };
});

const bucket = check("bucket", async ({ options, aws }, signal) => {
  if (options.bucket === undefined) return unset("bucket", "a bucket for build contexts");
  await (await aws.bucket()).headBucket(options.bucket, { signal });
  return { status: "ok", message: `the bucket "${options.bucket}" is there; s3:PutObject shows with a build` };
});

const registry = check("registry login", async ({ aws }, signal) => {
  const { proxyEndpoint } = await (await aws.ecr()).authorizationToken({ signal });
  return { status: "ok", message: `ecr:GetAuthorizationToken is allowed: ${proxyEndpoint}` };
});

const logs = check(
  "logs",
  async ({ options, aws }, signal) => {
    const { project: given, logGroup } = options;
    if (options.logs === "off") return { status: "ok", message: "the logs of builds are not read" };
    const name = typeof given === "object" ? given.name : given;
    const group = logGroup ?? `/aws/codebuild/${name ?? ""}`;
    await (await aws.logs()).events({ group, stream: "imagespec-doctor" }, { signal });
    return { status: "ok", message: `logs:GetLogEvents is allowed on "${group}"` };
  },
  "warning",
);

function unset(option: string, what: string): DoctorFinding {
  return {
    status: "error",
    message: `the option "${option}" is not set`,
    hint: `set builders.aws-codebuild.options.${option}: ${what}`,
  };
}

/** Each right and resource that can be looked at without building, one line each. */
export const doctorChecks: readonly DoctorCheck[] = [credentials, project, builds, bucket, registry, logs];
