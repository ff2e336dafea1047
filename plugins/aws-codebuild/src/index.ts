export { awsCodebuild } from "./aws-codebuild.ts";
export type {
  AwsAccess,
  AwsCodebuildOptions,
  AwsCredentials,
  ComputeSettings,
  ComputeSize,
  ProvisionedProject,
  RepositorySettings,
  SecretReference,
} from "./aws-codebuild-options.ts";
