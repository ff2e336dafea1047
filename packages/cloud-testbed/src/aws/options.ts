import type { Stack, StackEngineName } from "@imagespec/test-support";
import type { FaultQueue } from "../shared/fault-queue.ts";
import type { RecordedRequest } from "../shared/request-log.ts";
import type { BackingName } from "./backing/backing.ts";
import type { AwsCredentials } from "./cloud-services-adapter.ts";
import type { BuildView } from "./codebuild/build-view.ts";
import type { AwsFault } from "./faults.ts";
import type { PolicyStatement } from "./iam/directory-adapter.ts";

export interface FakeAwsOptions {
  /** Its engine runs the builds, its registry program holds the images. */
  readonly stack: Stack;
  /** @default the stack's first */
  readonly engine?: StackEngineName;
  /** @default "eu-west-1" */
  readonly region?: string;
  /** @default "123456789012" */
  readonly accountId?: string;
  /** What S3, STS, CloudWatch Logs, Secrets Manager and Parameter Store are. @default "ministack" */
  readonly backing?: BackingName;
  /** Whether signatures and policies are checked; `ministack` alone can. @default false */
  readonly iam?: boolean;
  /** What a minute lasts in time limits. Milliseconds. @default 60000 */
  readonly minuteMs?: number;
  /** How long a password of the registry holds. Milliseconds. @default 12 hours */
  readonly tokenLifetimeMs?: number;
  /** How long the stages without work last. Milliseconds. @default 30, 60 and 20 */
  readonly delays?: { readonly queuedMs?: number; readonly provisioningMs?: number; readonly finalizingMs?: number };
  /** Whether `docker buildx` is there in builds, where the stack has it. @default true */
  readonly buildx?: boolean;
  /** Whether the bucket keeps versions. @default false */
  readonly versionedBucket?: boolean;
}

/** Addresses of the services. All of them are one server. */
export interface AwsEndpoints {
  readonly codebuild: string;
  readonly ecr: string;
  readonly s3: string;
  readonly logs: string;
  readonly sts: string;
  readonly secretsmanager: string;
  readonly ssm: string;
  readonly iam: string;
}

/** How many builds there may be. A test may change it at any time. */
export interface BuildLimits {
  /** More than so many, waiting or running, are refused by `AccountLimitExceededException`. @default 60 */
  accepted: number;
  /** So many run at once; the others wait in QUEUED. @default 60 */
  running: number;
}

/** An AWS account that does the work on this machine. */
export interface FakeAws {
  readonly endpoints: AwsEndpoints;
  readonly region: string;
  readonly accountId: string;
  /** `host:port` of ECR's registry; docker speaks plain HTTP to loopback. */
  readonly registry: string;
  /** Of a principal that may do everything. */
  readonly credentials: AwsCredentials;
  /** A project with privileged mode, whose source and buildspec a build overrides. */
  readonly project: string;
  /** ARN of the project's role. */
  readonly serviceRole: string;
  /** An empty bucket in the region. */
  readonly bucket: string;
  readonly faults: FaultQueue<AwsFault>;
  /** All that came in from outside of builds, and all that the registry was asked. */
  readonly requests: readonly RecordedRequest[];
  readonly limits: BuildLimits;
  /** Every build in the order it was accepted, as it is now. */
  readonly builds: readonly BuildView[];
  /** All that a build has said, secrets hidden. */
  buildLog(id: string): string;
  /** Resolves when no build runs and no log line waits. */
  idle(): Promise<void>;
  /** Every password of the registry that was given out expires now. */
  expireTokens(): void;
  /** Idempotency tokens and passwords of the registry get older by so many milliseconds. */
  advance(ms: number): void;
  /** Somebody else puts a small image under a tag. @returns its digest */
  takeTag(repository: string, tag: string): Promise<string>;
  /** With `iam`: a user who may just this. */
  createUser(name: string, statements: readonly PolicyStatement[]): Promise<AwsCredentials>;
  /** With `iam`: a role that CodeBuild may assume. @returns its ARN */
  createRole(name: string, statements: readonly PolicyStatement[]): Promise<string>;
  [Symbol.asyncDispose](): Promise<void>;
}
