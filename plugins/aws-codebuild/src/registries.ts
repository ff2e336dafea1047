import type { RegistryProvider } from "@imagespec/registry-client";
import { openAws } from "./aws/open-aws.ts";
import type { AwsAccess } from "./aws-codebuild-options.ts";
import { ecrRegistry } from "./ecr/ecr-registry.ts";

/** What this plugin knows of registries: Amazon ECR, for every builder and command. Nothing is asked before it is needed. */
export const registries = (options: AwsAccess = {}): readonly RegistryProvider[] => [
  ecrRegistry(options, openAws(options)),
];
