import type { MinuteRate } from "@imagespec/cloud-support";

/** Credentials as the AWS SDK takes them. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** How this plugin reaches AWS: for its builder and its registries alike. */
export interface AwsAccess {
  /** @default that of the SDK: `AWS_REGION`, the profile */
  readonly region?: string;
  /** Name of a profile of the shared configuration. @default that of the SDK: `AWS_PROFILE` */
  readonly profile?: string;
  /** @default the SDK's own chain: environment, SSO, profile, roles of the machine */
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  /** A role to take first, for another account. */
  readonly assumeRole?: { readonly roleArn: string; readonly externalId?: string; readonly sessionName?: string };
  /** URLs of services: for VPC endpoints and tests. @default those of the SDK */
  readonly endpoints?: {
    readonly codebuild?: string;
    readonly ecr?: string;
    readonly s3?: string;
    readonly logs?: string;
    readonly sts?: string;
  };
  /** Registry hosts that are ECR under another name: a VPC endpoint, a proxy. ECR's own names are known. */
  readonly registries?: readonly string[];
  /** What to make of a repository that does not exist. @default false: a push fails, and says so */
  readonly repository?: { readonly ensure: boolean | RepositorySettings };
}

/** A repository that is made. */
export interface RepositorySettings {
  /** @default "MUTABLE" */
  readonly mutability?: "MUTABLE" | "IMMUTABLE";
  /** Tags with the other mutability, as wildcards. @default of an immutable one: those that builds need for a moment, and caches */
  readonly exclude?: readonly string[];
  /** Days after which images without a tag are removed. @default never */
  readonly lifecycleDays?: number;
  readonly scanOnPush?: boolean;
  /** `KMS` with the key of the account, or the ARN of a key. @default AES256 */
  readonly encryption?: "KMS" | { readonly kmsKey: string };
  readonly tags?: Readonly<Record<string, string>>;
}

/** Where AWS keeps a secret: a name or ARN, with `:json-key:version-stage:version-id` where CodeBuild takes it. */
export type SecretReference = { readonly secretsManager: string } | { readonly parameterStore: string };

/** A build project that is made where it does not exist. The role is never made: `templates/` has it. */
export interface ProvisionedProject {
  readonly name: string;
  /** ARN of the role that builds run under. */
  readonly serviceRole: string;
  readonly vpc?: {
    readonly vpcId: string;
    readonly subnets: readonly string[];
    readonly securityGroupIds: readonly string[];
  };
  readonly tags?: Readonly<Record<string, string>>;
}

/** Size of a build machine; those of Lambda cannot build images. */
export type ComputeSize = "SMALL" | "MEDIUM" | "LARGE" | "XLARGE" | "2XLARGE";

/** The machine that builds. */
export interface ComputeSettings {
  /** @default that of the project */
  readonly type?: ComputeSize;
  /**
   * Image that the build runs in, by platform or for all. `project`: that of the project.
   *
   * @default AWS's own for the platform
   */
  readonly image?: string | Readonly<Record<string, string>>;
  /** `ec2`: machines of a reserved fleet that are no containers. @default "container" */
  readonly environment?: "container" | "ec2";
  /** ARN of a reserved fleet, by platform or for all. */
  readonly fleet?: string | Readonly<Record<string, string>>;
  /** Without it there is no Docker daemon. @default true, but with `dockerServer` */
  readonly privileged?: boolean;
  /** The project has a Docker server of its own. @default false */
  readonly dockerServer?: boolean;
  /** 5 to 2160. @default 60 */
  readonly timeoutMinutes?: number;
  /** 5 to 480. @default 30 */
  readonly queueMinutes?: number;
}

/** Options of the builder `aws-codebuild`. None of them changes the image but `index`. */
export interface AwsCodebuildOptions extends AwsAccess {
  /** Name of a CodeBuild project; one serves all images. @default `IMAGESPEC_AWS_PROJECT` */
  readonly project?: string | ProvisionedProject;
  /** Bucket for build contexts, in the region of the project. @default `IMAGESPEC_AWS_BUCKET` */
  readonly bucket?: string;
  /** Folder in the bucket. @default "imagespec/contexts" */
  readonly prefix?: string;
  readonly compute?: ComputeSettings;
  /** `local`: the layers that the machine happens to have. A registry: a cache image, for which the build starts a BuildKit. @default "none" */
  readonly cache?: "none" | "local" | { readonly registry: string; readonly mode?: "min" | "max" };
  /** Image of BuildKit for a cache in a registry. @default moby/buildkit:buildx-stable-1 of Docker Hub */
  readonly buildkitImage?: string;
  /** References for secrets of specs, by id: those that a spec takes from `env` or `file` on this machine. */
  readonly secrets?: Readonly<Record<string, SecretReference>>;
  /** Logins for other registries, for the build: base images of Docker Hub, say. */
  readonly registryLogins?: Readonly<
    Record<string, { readonly username: SecretReference | string; readonly password: SecretReference }>
  >;
  /** Registry → where the build pulls its bases from: `{ "docker.io": "public.ecr.aws/docker" }`. */
  readonly registryMirrors?: Readonly<Record<string, string>>;
  /** @default "stream" */
  readonly logs?: "stream" | "off";
  /** CloudWatch group for the log. @default that of the project */
  readonly logGroup?: string;
  /** `always`: the context is removed after the build. `lifecycle`: a rule of the bucket does it, and equal contexts are sent once. @default "lifecycle" */
  readonly cleanup?: "lifecycle" | "always";
  /** Whether an abort here stops the build there. @default true */
  readonly stopOnAbort?: boolean;
  /** `project`: the buildspec that the project has, for accounts that forbid to send one; see the documentation. @default "inline" */
  readonly buildspec?: "inline" | "project";
  /** Which Dockerfile is written: `base` for a Docker before 23. @default "modern" */
  readonly dialect?: "base" | "modern";
  /** URL of a package index for specs that name none. @default that of the environment */
  readonly index?: string;
  /** Path of uv on this machine. @default that of the environment, else one that is fetched */
  readonly uv?: string;
  /** Image with uv at `/uv`, for build steps. @default uv goes with the context */
  readonly uvImage?: string;
  /** What a minute costs you, for the record of each image. @default the record has no costs */
  readonly rate?: MinuteRate;
  /** Milliseconds between two looks at builds and logs. @default 2000 growing to 10000, 1000 */
  readonly polling?: { readonly firstMs?: number; readonly maxMs?: number; readonly logMs?: number };
}
