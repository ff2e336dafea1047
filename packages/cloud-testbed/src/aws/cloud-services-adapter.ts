import { createWriteStream } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateBucketCommand, GetObjectCommand, PutBucketVersioningCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface RoleSession extends AwsCredentials {
  readonly sessionToken: string;
  readonly expiration: Date;
}

export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** The services that CodeBuild itself calls while it works, as the principal whose credentials it has. */
export interface CloudServices {
  assumeRole(arn: string, sessionName: string): Promise<RoleSession>;
  createBucket(bucket: string, versioned: boolean): Promise<void>;
  downloadObject(source: ObjectSource, file: string): Promise<void>;
  createLogStream(group: string, stream: string): Promise<void>;
  putLogEvents(group: string, stream: string, lines: readonly LogLine[]): Promise<void>;
  secretValue(id: string, stage: string | undefined, version: string | undefined): Promise<string>;
  /** Nothing when there is no such parameter. */
  parameterValue(name: string): Promise<string | undefined>;
  close(): void;
}

export interface ObjectSource {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
}

/** @param endpoint of a server that has all of the services */
export function connectServices(endpoint: string, region: string, credentials: AwsCredentials): CloudServices {
  const settings = { endpoint, region, credentials };
  const sts = new STSClient(settings);
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const logs = new CloudWatchLogsClient(settings);
  const secrets = new SecretsManagerClient(settings);
  const ssm = new SSMClient(settings);
  return {
    async assumeRole(arn, sessionName) {
      const { Credentials: given } = await sts.send(
        new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: sessionName }),
      );
      return {
        accessKeyId: given?.AccessKeyId ?? "",
        secretAccessKey: given?.SecretAccessKey ?? "",
        sessionToken: given?.SessionToken ?? "",
        expiration: given?.Expiration ?? new Date(),
      };
    },
    async createBucket(bucket, versioned) {
      // The SDK lists the regions that have S3; a test-bed may have another.
      const LocationConstraint = region as "eu-west-1";
      await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint } }));
      if (!versioned) return;
      const VersioningConfiguration = { Status: "Enabled" } as const;
      await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
    },
    async downloadObject({ bucket, key, versionId }, file) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
      // On Node.js the SDK gives bodies as Node's streams.
      await pipeline(Body as Readable, createWriteStream(file));
    },
    async createLogStream(group, stream) {
      try {
        await logs.send(new CreateLogGroupCommand({ logGroupName: group }));
      } catch (error) {
        if ((error as Error).name !== "ResourceAlreadyExistsException") throw error;
      }
      await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }));
    },
    async putLogEvents(group, stream, lines) {
      const logEvents = [...lines];
      await logs.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: stream, logEvents }));
    },
    async secretValue(id, stage, version) {
      const { SecretString } = await secrets.send(
        new GetSecretValueCommand({ SecretId: id, VersionStage: stage, VersionId: version }),
      );
      return SecretString ?? "";
    },
    async parameterValue(name) {
      const { Parameters } = await ssm.send(new GetParametersCommand({ Names: [name], WithDecryption: true }));
      return Parameters?.[0]?.Value;
    },
    close() {
      for (const client of [sts, s3, logs, secrets, ssm]) client.destroy();
    },
  };
}
