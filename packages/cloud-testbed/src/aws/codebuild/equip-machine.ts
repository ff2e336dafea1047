import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Stack, StackEngineName } from "@imagespec/test-support";
import { writeDockerCommand } from "../../shared/docker-command.ts";
import type { Build } from "./build.ts";
import type { BuildMachine } from "./build-machine.ts";

export interface EquipOptions {
  readonly stack: Stack;
  readonly engine: StackEngineName | undefined;
  readonly buildx: boolean;
  readonly region: string;
  /** Of the API as builds see it. */
  readonly apiUrl: string;
}

const awsCommand = fileURLToPath(new URL("../../../shims/aws.mjs", import.meta.url));

/** Puts docker and the AWS CLI on a build's machine, and gives the variables that CodeBuild sets. */
export async function equipMachine(
  options: EquipOptions,
  build: Build,
  { source, home, bin }: BuildMachine,
): Promise<Readonly<Record<string, string>>> {
  const { view, uuid } = build;
  const { type = "", privilegedMode = false, dockerServer, image = "" } = view.environment;
  const isArm = type.startsWith("ARM_");
  await writeScript(path.join(bin, "aws"), `exec '${process.execPath}' '${awsCommand}' "$@"`);
  // Images for Lambda compute have no Docker.
  if (type.endsWith("_LAMBDA_CONTAINER")) {
    await writeScript(path.join(bin, "docker"), 'echo "docker: command not found" >&2\nexit 127');
  } else {
    await writeDockerCommand({
      stack: options.stack,
      ...(options.engine !== undefined && { engine: options.engine }),
      bin,
      home,
      daemon: privilegedMode || dockerServer !== undefined,
      ...(isArm && { platform: "linux/arm64" }),
      buildx: options.buildx,
    });
  }
  if (isArm) {
    const uname = 'case "$*" in\n-m|-p|-i) echo aarch64 ;;\n*) exec /usr/bin/uname "$@" ;;\nesac';
    await writeScript(path.join(bin, "uname"), uname);
    await writeScript(path.join(bin, "arch"), "echo aarch64");
  }
  return {
    CODEBUILD_BUILD_ID: view.id,
    CODEBUILD_BUILD_ARN: view.arn,
    CODEBUILD_BUILD_NUMBER: String(view.buildNumber),
    CODEBUILD_BUILD_IMAGE: image,
    CODEBUILD_BUILD_SUCCEEDING: "1",
    CODEBUILD_CI: "true",
    CI: "true",
    CODEBUILD_INITIATOR: view.initiator.split("/").slice(-1)[0] ?? "",
    CODEBUILD_KMS_KEY_ID: `arn:aws:kms:${options.region}:000000000000:alias/aws/s3`,
    CODEBUILD_LOG_PATH: uuid,
    CODEBUILD_RESOLVED_SOURCE_VERSION: view.sourceVersion ?? "",
    CODEBUILD_SOURCE_VERSION: view.sourceVersion ?? "",
    CODEBUILD_SRC_DIR: source,
    CODEBUILD_START_TIME: String(Math.round(view.startTime * 1000)),
    AWS_REGION: options.region,
    AWS_DEFAULT_REGION: options.region,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${options.apiUrl}/credentials/${uuid}`,
    AWS_ENDPOINT_URL: options.apiUrl,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

async function writeScript(file: string, text: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
}
