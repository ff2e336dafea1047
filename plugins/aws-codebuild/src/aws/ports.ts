/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface BuildVariable {
  readonly name: string;
  readonly value: string;
  readonly type: "PLAINTEXT" | "PARAMETER_STORE" | "SECRETS_MANAGER";
}

/** What a build is started with: the part of CodeBuild's StartBuild that this plugin uses, under its names. */
export interface StartBuildInput {
  readonly projectName: string;
  readonly sourceTypeOverride: "S3";
  readonly sourceLocationOverride: string;
  readonly sourceVersion?: string;
  readonly artifactsOverride: { readonly type: "NO_ARTIFACTS" };
  readonly buildspecOverride?: string;
  readonly environmentVariablesOverride: readonly BuildVariable[];
  readonly environmentTypeOverride: "LINUX_CONTAINER" | "ARM_CONTAINER" | "LINUX_EC2" | "ARM_EC2";
  readonly imageOverride?: string;
  readonly imagePullCredentialsTypeOverride?: "CODEBUILD" | "SERVICE_ROLE";
  readonly computeTypeOverride?: `BUILD_GENERAL1_${"SMALL" | "MEDIUM" | "LARGE" | "XLARGE" | "2XLARGE"}`;
  readonly fleetOverride?: { readonly fleetArn: string };
  readonly privilegedModeOverride?: boolean;
  readonly timeoutInMinutesOverride: number;
  readonly queuedTimeoutInMinutesOverride: number;
  readonly autoRetryLimitOverride: 0;
  readonly cacheOverride:
    | { readonly type: "NO_CACHE" }
    | { readonly type: "LOCAL"; readonly modes: ["LOCAL_DOCKER_LAYER_CACHE"] };
  readonly logsConfigOverride?: {
    readonly cloudWatchLogs: { readonly status: "ENABLED"; readonly groupName: string };
  };
  readonly idempotencyToken: string;
}

export interface BuildPhase {
  readonly type: string;
  readonly status: string | undefined;
  readonly seconds: number | undefined;
  readonly contexts: readonly { readonly code: string; readonly message: string }[];
}

/** A build as CodeBuild tells of it. */
export interface CodebuildBuild {
  readonly id: string;
  /** `IN_PROGRESS`, `SUCCEEDED`, `FAILED`, `FAULT`, `TIMED_OUT`, `STOPPED`, or one that is newer than this plugin. */
  readonly status: string;
  readonly currentPhase: string | undefined;
  readonly phases: readonly BuildPhase[];
  readonly exported: Readonly<Record<string, string>>;
  readonly log: {
    readonly group: string | undefined;
    readonly stream: string | undefined;
    readonly link: string | undefined;
  };
  /** Milliseconds since the epoch. */
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
}

export interface CodebuildProject {
  readonly name: string;
  readonly serviceRole: string | undefined;
  readonly privileged: boolean;
  readonly environmentType: string | undefined;
  readonly dockerServer: boolean;
}

export interface CreateProjectInput {
  readonly name: string;
  readonly serviceRole: string;
  readonly image: string;
  readonly computeType: string;
  readonly environmentType: string;
  readonly privileged: boolean;
  readonly vpc?: {
    readonly vpcId: string;
    readonly subnets: readonly string[];
    readonly securityGroupIds: readonly string[];
  };
  readonly tags: Readonly<Record<string, string>>;
}

export interface CodebuildPort {
  startBuild(input: StartBuildInput, options?: CallOptions): Promise<CodebuildBuild>;
  /** Builds that CodeBuild does not know (yet) are left out. */
  batchGetBuilds(ids: readonly string[], options?: CallOptions): Promise<readonly CodebuildBuild[]>;
  stopBuild(id: string, options?: CallOptions): Promise<void>;
  getProject(name: string, options?: CallOptions): Promise<CodebuildProject | undefined>;
  /** A project that exists already is success. */
  createProject(input: CreateProjectInput, options?: CallOptions): Promise<void>;
}

export interface EcrRepository {
  readonly name: string;
  /** `123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/train` */
  readonly uri: string;
  readonly arn: string;
}

export interface EcrPort {
  /** The login for every registry of the region that the caller may use. */
  authorizationToken(options?: CallOptions): Promise<{
    readonly username: string;
    readonly password: string;
    /** Milliseconds since the epoch. */
    readonly expiresAt: number;
    /** `https://123456789012.dkr.ecr.eu-central-1.amazonaws.com` */
    readonly proxyEndpoint: string;
  }>;
  describeRepository(name: string, account?: string, options?: CallOptions): Promise<EcrRepository | undefined>;
  /** A repository that exists already is success. */
  createRepository(
    input: {
      readonly name: string;
      readonly account?: string | undefined;
      readonly mutability: "MUTABLE" | "IMMUTABLE" | "MUTABLE_WITH_EXCLUSION" | "IMMUTABLE_WITH_EXCLUSION";
      readonly exclude: readonly string[];
      readonly scanOnPush: boolean | undefined;
      readonly encryption: { readonly type: "AES256" | "KMS"; readonly key?: string };
      readonly tags: Readonly<Record<string, string>>;
    },
    options?: CallOptions,
  ): Promise<{ readonly created: boolean }>;
  putLifecyclePolicy(
    name: string,
    policy: string,
    options?: CallOptions & { readonly account?: string | undefined },
  ): Promise<void>;
  /** Removes a tag; with the last one, the image. One that is not there is success. */
  deleteTag(
    name: string,
    tag: string,
    options?: CallOptions & { readonly account?: string | undefined },
  ): Promise<void>;
}

export interface BucketPort {
  /** What an object is; nothing when there is none, or when the caller may not be told. */
  head(
    bucket: string,
    key: string,
    options?: CallOptions,
  ): Promise<{ readonly size: number; readonly version: string | undefined } | undefined>;
  /** In parts when it is large; an abort leaves no parts behind. */
  upload(
    bucket: string,
    key: string,
    file: { readonly path: string; readonly size: number },
    options: CallOptions & { readonly onProgress: (bytes: number) => void },
  ): Promise<{ readonly version: string | undefined }>;
  remove(bucket: string, key: string, options?: CallOptions): Promise<void>;
  /** Whether it exists and may be listed. @throws AWS_BUCKET_REGION, CLOUD_DENIED, CLOUD_NOT_FOUND */
  headBucket(bucket: string, options?: CallOptions): Promise<void>;
}

export interface LogsPort {
  /** One page of a stream from its start or from a token; nothing while group or stream does not exist. */
  events(
    place: { readonly group: string; readonly stream: string; readonly token?: string | undefined },
    options?: CallOptions,
  ): Promise<{ readonly messages: readonly string[]; readonly token: string } | undefined>;
}

export interface IdentityPort {
  whoAmI(options?: CallOptions): Promise<{ readonly account: string; readonly arn: string }>;
  assumeRole(
    role: { readonly roleArn: string; readonly externalId?: string; readonly sessionName?: string },
    options?: CallOptions,
  ): Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
    readonly expiration: Date;
  }>;
}

/** The services of one account and region; each is loaded when it is first used. */
export interface AwsPorts {
  /** @throws CLOUD_PLACE */
  region(): Promise<string>;
  /** Finds out whether there are credentials, without using them. @throws CLOUD_CREDENTIALS */
  checkCredentials(): Promise<void>;
  codebuild(): Promise<CodebuildPort>;
  /** Of another region than the own one, where that is given. */
  ecr(region?: string): Promise<EcrPort>;
  bucket(): Promise<BucketPort>;
  logs(): Promise<LogsPort>;
  identity(): Promise<IdentityPort>;
}
