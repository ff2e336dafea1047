import type { PreparedImage } from "@imagespec/cloud-support";
import type { NormalizedSecret } from "@imagespec/core";
import { ImageSpecError } from "@imagespec/errors";
import type { BuildVariable } from "../aws/ports.ts";
import type { AwsCodebuildOptions, SecretReference } from "../aws-codebuild-options.ts";

/** Variables of a build that hold secrets by reference, and the lines that say what each is for. */
export interface SecretVariables {
  readonly variables: readonly BuildVariable[];
  /** `ID VARIABLE` */
  readonly secrets: readonly string[];
  /** `HOST USER-VARIABLE PASSWORD-VARIABLE` */
  readonly logins: readonly string[];
}

/**
 * The secrets that the Dockerfile mounts and the logins of the options, as references: CodeBuild reads the values, this process never.
 *
 * @throws BUILDER_DECLINED for a secret without a reference
 */
export function secretVariables(
  planned: PreparedImage["plan"]["secrets"],
  secrets: readonly NormalizedSecret[],
  options: Pick<AwsCodebuildOptions, "secrets" | "registryLogins">,
): SecretVariables {
  const variables: BuildVariable[] = [];
  const add = (name: string, reference: SecretReference | string): string => {
    variables.push(
      typeof reference === "string" ? { name, value: reference, type: "PLAINTEXT" } : variable(name, reference),
    );
    return name;
  };
  const mounted = planned.flatMap((one, index) => {
    if (one.kind !== "spec") return [];
    const secret = secrets.find(({ id }) => id === one.secret);
    const reference = options.secrets?.[one.secret] ?? (secret === undefined ? undefined : referenceOf(secret));
    if (reference === undefined) {
      throw new ImageSpecError(
        "BUILDER_DECLINED",
        `the secret "${one.secret}" has no reference that CodeBuild could read`,
        {
          hint: `name one in the option secrets["${one.secret}"]`,
        },
      );
    }
    return [`${one.id} ${add(`IMAGESPEC_SECRET_${index}`, reference)}`];
  });
  const logins = Object.entries(options.registryLogins ?? {}).map(([host, { username, password }], index) => {
    const names = [add(`IMAGESPEC_USER_${index}`, username), add(`IMAGESPEC_PASSWORD_${index}`, password)];
    return `${host} ${names.join(" ")}`;
  });
  return { variables, secrets: mounted, logins };
}

/** `aws: prod/token` is a secret of Secrets Manager; the ARN of a parameter is one of Parameter Store. */
function referenceOf({ from }: NormalizedSecret): SecretReference | undefined {
  if (!("aws" in from)) return undefined;
  const parameter = /^arn:[\w-]+:ssm:[\w-]+:\d{12}:parameter(\/.+)$/.exec(from.aws)?.[1];
  if (parameter === undefined) return { secretsManager: from.aws };
  // The ARN has one slash where the name `/a/b` and the name `a` do: only the former has more.
  return { parameterStore: parameter.lastIndexOf("/") > 0 ? parameter : parameter.slice(1) };
}

function variable(name: string, reference: SecretReference): BuildVariable {
  return "secretsManager" in reference
    ? { name, value: reference.secretsManager, type: "SECRETS_MANAGER" }
    : { name, value: reference.parameterStore, type: "PARAMETER_STORE" };
}
