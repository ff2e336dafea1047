import type { AwsCodebuildOptions, SecretReference } from "../aws-codebuild-options.ts";

/** An IAM policy. */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: { readonly Service: string };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What a policy is about beside the options. */
export interface PolicyPlace {
  readonly account: string;
  readonly region: string;
  /** Names of repositories, with wildcards. */
  readonly repositories: readonly string[];
  /** Further secrets that specs name: names or ARNs. */
  readonly secrets: readonly string[];
}

export interface PolicyDocuments {
  /** Of whoever runs imagespec: people and CI. */
  readonly caller: PolicyDocument;
  /** Of the role that builds run under. */
  readonly project: PolicyDocument;
  /** Who may take that role. */
  readonly trust: PolicyDocument;
}

/** The least that callers and builds need under these options. Pure. */
export function policyDocuments(options: AwsCodebuildOptions, place: PolicyPlace): PolicyDocuments {
  const { account, region } = place;
  const arn = arnsFor(region, account);
  const project = options.project ?? "PROJECT";
  const name = typeof project === "string" ? project : project.name;
  const bucket = options.bucket ?? "BUCKET";
  const objects = `${arn.global("s3")}${bucket}/${options.prefix ?? "imagespec/contexts"}/*`;
  const group = arn.of("logs", `log-group:${options.logGroup ?? `/aws/codebuild/${name}`}`);
  const repositories = place.repositories.map((repository) => arn.of("ecr", `repository/${repository}`));
  const projectArn = arn.of("codebuild", `project/${name}`);
  const login: PolicyStatement = allow("RegistryLogin", ["ecr:GetAuthorizationToken"], "*");
  return {
    caller: document([
      allow(
        "Builds",
        ["codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds", "codebuild:BatchGetProjects"],
        projectArn,
      ),
      ...(typeof project === "string"
        ? []
        : [
            allow("MakeProject", ["codebuild:CreateProject"], projectArn),
            {
              ...allow("GiveRole", ["iam:PassRole"], project.serviceRole),
              Condition: { StringEquals: { "iam:PassedToService": "codebuild.amazonaws.com" } },
            },
          ]),
      allow(
        "Contexts",
        [
          "s3:PutObject",
          "s3:GetObject",
          "s3:AbortMultipartUpload",
          ...(options.cleanup === "always" ? ["s3:DeleteObject"] : []),
        ],
        objects,
      ),
      // Without it a context that is missing is forbidden, and each one is sent again.
      allow("KnownContexts", ["s3:ListBucket"], `${arn.global("s3")}${bucket}`),
      ...(options.logs === "off" ? [] : [allow("Logs", ["logs:GetLogEvents"], `${group}:*`)]),
      login,
      allow(
        "Images",
        [
          ...pull,
          ...push,
          "ecr:BatchDeleteImage",
          ...(makesRepositories(options) ? ["ecr:CreateRepository", "ecr:PutLifecyclePolicy", "ecr:TagResource"] : []),
        ],
        repositories,
      ),
    ]),
    project: document([
      allow("Logs", ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], [group, `${group}:*`]),
      allow("Contexts", ["s3:GetObject", "s3:GetObjectVersion"], objects),
      login,
      allow("Images", [...pull, ...push], repositories),
      ...secretStatements(options, place, arn),
      ...(typeof project === "object" && project.vpc !== undefined ? network(arn) : []),
    ]),
    trust: {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "CodeBuild",
          Effect: "Allow",
          Action: ["sts:AssumeRole"],
          Principal: { Service: "codebuild.amazonaws.com" },
          // Not for projects of other accounts: the "confused deputy" of the documentation.
          Condition: { StringEquals: { "aws:SourceAccount": account } },
        },
      ],
    },
  };
}

const pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
const push = ["ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage"];

function makesRepositories({ repository }: AwsCodebuildOptions): boolean {
  return repository !== undefined && repository.ensure !== false;
}

interface Arns {
  of(service: string, resource: string): string;
  /** Of a service whose names are global: up to the name. */
  global(service: string): string;
}

function arnsFor(region: string, account: string): Arns {
  const partition = region.startsWith("cn-")
    ? "aws-cn"
    : region.startsWith("us-gov-")
      ? "aws-us-gov"
      : region.startsWith("eusc-")
        ? "aws-eusc"
        : "aws";
  return {
    of: (service, resource) => `arn:${partition}:${service}:${region}:${account}:${resource}`,
    global: (service) => `arn:${partition}:${service}:::`,
  };
}

function secretStatements(
  { secrets = {}, registryLogins = {} }: AwsCodebuildOptions,
  place: PolicyPlace,
  arn: Arns,
): readonly PolicyStatement[] {
  const logins = Object.values(registryLogins).flatMap(({ username, password }) => [username, password]);
  const references = [...Object.values(secrets), ...logins].filter(
    (each): each is SecretReference => typeof each === "object",
  );
  const kept = [
    ...place.secrets.filter((name) => !name.includes(":ssm:")).map((name) => secretArn(name, arn)),
    ...references.flatMap((each) => ("secretsManager" in each ? [secretArn(each.secretsManager, arn)] : [])),
  ];
  const parameters = [
    ...place.secrets.filter((name) => name.includes(":ssm:")),
    ...references.flatMap((each) =>
      "parameterStore" in each ? [arn.of("ssm", `parameter/${each.parameterStore.replace(/^\//, "")}`)] : [],
    ),
  ];
  return [
    ...(kept.length === 0 ? [] : [allow("Secrets", ["secretsmanager:GetSecretValue"], [...new Set(kept)])]),
    ...(parameters.length === 0 ? [] : [allow("Parameters", ["ssm:GetParameters"], [...new Set(parameters)])]),
  ];
}

/** ARNs of secrets end in six characters that nobody writes; the JSON key behind a name is no part of it. */
function secretArn(reference: string, arn: Arns): string {
  if (reference.startsWith("arn:")) return reference.split(":").slice(0, 7).join(":");
  return `${arn.of("secretsmanager", `secret:${reference.split(":", 1)[0]}`)}-??????`;
}

/** What a build in a VPC needs: AWS, "Allow CodeBuild access to AWS services required to create a VPC network interface". */
function network(arn: Arns): readonly PolicyStatement[] {
  return [
    allow(
      "Network",
      [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeDhcpOptions",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
      ],
      "*",
    ),
    {
      ...allow("NetworkOfBuilds", ["ec2:CreateNetworkInterfacePermission"], arn.of("ec2", "network-interface/*")),
      Condition: { StringEquals: { "ec2:AuthorizedService": "codebuild.amazonaws.com" } },
    },
  ];
}

function document(statements: readonly PolicyStatement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

function allow(Sid: string, Action: readonly string[], Resource: string | readonly string[]): PolicyStatement {
  return { Sid, Effect: "Allow", Action, Resource };
}
