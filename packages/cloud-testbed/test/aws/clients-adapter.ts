export * as logs from "@aws-sdk/client-cloudwatch-logs";
export * as codebuild from "@aws-sdk/client-codebuild";
export * as ecr from "@aws-sdk/client-ecr";
export * as iam from "@aws-sdk/client-iam";
export * as s3 from "@aws-sdk/client-s3";
export * as secretsmanager from "@aws-sdk/client-secrets-manager";
export * as ssm from "@aws-sdk/client-ssm";
export * as sts from "@aws-sdk/client-sts";
