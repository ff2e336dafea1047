import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as codebuild from "@aws-sdk/client-codebuild";
import * as ecr from "@aws-sdk/client-ecr";

export {
  ArtifactsType,
  CacheType,
  ComputeType,
  EnvironmentType,
  EnvironmentVariableType,
  ImagePullCredentialsType,
  LogsConfigStatusType,
  SourceType,
} from "@aws-sdk/client-codebuild";
export { EncryptionType, ImageTagMutability, ImageTagMutabilityExclusionFilterType } from "@aws-sdk/client-ecr";

/** The schema of an operation's request, as the SDK exports it. */
export function requestSchema(operation: string): unknown {
  // Schemas are among the exports: `StartBuildInput$`, `CreateRepositoryRequest$`.
  const all = { ...codebuild, ...ecr, ...logs } as unknown as Readonly<Record<string, unknown>>;
  const schema = all[`${operation}Input$`] ?? all[`${operation}Request$`];
  if (schema === undefined) throw new Error(`the SDK has no schema for ${operation}`);
  return schema;
}
