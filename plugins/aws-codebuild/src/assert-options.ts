import { ImageSpecError } from "@imagespec/errors";
import type { AwsCodebuildOptions } from "./aws-codebuild-options.ts";
import { detectPlaces } from "./detect.ts";

/** Options with project and bucket known. */
export type CompleteOptions = AwsCodebuildOptions & {
  readonly project: NonNullable<AwsCodebuildOptions["project"]>;
  readonly bucket: string;
};

/** The options with what the environment adds; nothing while project or bucket is unknown. */
export function completeOptions(options: AwsCodebuildOptions): CompleteOptions | undefined {
  const places = detectPlaces();
  const project = options.project ?? places.project;
  const bucket = options.bucket ?? places.bucket;
  return project === undefined || bucket === undefined ? undefined : { ...options, project, bucket };
}

const sizes = ["SMALL", "MEDIUM", "LARGE", "XLARGE", "2XLARGE"];

/** Checks the options of the factory. @throws CONFIG_INVALID */
export function assertOptions(options: AwsCodebuildOptions): void {
  const { compute = {}, project, bucket } = options;
  const { type, environment, timeoutMinutes, queueMinutes } = compute;
  if (String(type).includes("LAMBDA") || String(environment).toLowerCase().includes("lambda")) {
    throw invalid(
      "compute",
      type ?? environment,
      "Lambda compute, which has no Docker and cannot build images",
      `use compute.type: one of ${sizes.join(", ")}`,
    );
  }
  oneOf("compute.type", type, sizes);
  oneOf("compute.environment", environment, ["container", "ec2"]);
  oneOf("logs", options.logs, ["stream", "off"]);
  oneOf("cleanup", options.cleanup, ["lifecycle", "always"]);
  oneOf("buildspec", options.buildspec, ["inline", "project"]);
  oneOf("dialect", options.dialect, ["base", "modern"]);
  range("compute.timeoutMinutes", timeoutMinutes, 5, 2160);
  range("compute.queueMinutes", queueMinutes, 5, 480);
  const name = typeof project === "object" ? project.name : project;
  if (name !== undefined && !/^[A-Za-z0-9][\w-]{1,149}$/.test(name))
    throw invalid("project", name, "not the name of a project", "write its name, and not its ARN");
  if (typeof project === "object" && !/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(project.serviceRole))
    throw invalid("project.serviceRole", project.serviceRole, "not the ARN of a role", "write arn:aws:iam::…:role/…");
  if (bucket !== undefined && !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw invalid("bucket", bucket, "not the name of a bucket", "write its name, without s3://");
  if (options.prefix !== undefined && !/^[\w!.*'()-]+(?:\/[\w!.*'()-]+)*$/.test(options.prefix))
    throw invalid("prefix", options.prefix, "not a folder in a bucket", "write it like imagespec/contexts");
  if (typeof options.cache === "string") oneOf("cache", options.cache, ["none", "local"]);
  for (const [field, references] of secretFields(options)) {
    if (
      typeof references === "object" &&
      references !== null &&
      ("secretsManager" in references || "parameterStore" in references)
    )
      continue;
    // Not repeated: it may be the secret itself.
    const hint = "keep the value in Secrets Manager or Parameter Store, and write { secretsManager: NAME }";
    throw new ImageSpecError("CONFIG_INVALID", `option "${field}" of the builder "aws-codebuild" is no reference`, {
      hint,
    });
  }
}

function secretFields({
  secrets = {},
  registryLogins = {},
}: AwsCodebuildOptions): readonly (readonly [string, unknown])[] {
  return [
    ...Object.entries(secrets).map(([id, reference]) => [`secrets.${id}`, reference] as const),
    ...Object.entries(registryLogins).map(
      ([host, { password }]) => [`registryLogins["${host}"].password`, password] as const,
    ),
  ];
}

function oneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(String(value))) return;
  throw invalid(name, value, "not one of its values", `use one of: ${allowed.join(", ")}`);
}

function range(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw invalid(name, value, "not a number of minutes that CodeBuild takes", `write one from ${least} to ${most}`);
}

function invalid(name: string, value: unknown, problem: string, hint: string): ImageSpecError {
  return new ImageSpecError(
    "CONFIG_INVALID",
    `option "${name}" of the builder "aws-codebuild" is "${String(value)}", ${problem}`,
    { hint },
  );
}
