import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  PutLifecyclePolicyCommand,
} from "@aws-sdk/client-ecr";
import { ImageSpecError } from "@imagespec/errors";
import { awsErrorName, callAws } from "./aws-error.ts";
import type { ClientSettings } from "./client-settings.ts";
import type { CallOptions, EcrPort } from "./ports.ts";

/** Amazon ECR, with the calls that this plugin uses. */
export function ecrAdapter(settings: ClientSettings): EcrPort {
  const client = new ECRClient(settings);
  const call = <T>(
    action: string,
    resource: string | undefined,
    { signal }: CallOptions,
    send: () => Promise<T>,
  ): Promise<T> => callAws({ action: `ecr:${action}`, resource, region: settings.region, signal }, send);
  return {
    authorizationToken: (options = {}) =>
      call("GetAuthorizationToken", "*", options, async () => {
        const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}), given(options));
        const data = authorizationData?.[0];
        const [, username, password] = /^([^:]+):([\s\S]+)$/.exec(decoded(data?.authorizationToken)) ?? [];
        if (username === undefined || password === undefined || data?.proxyEndpoint === undefined) {
          throw new ImageSpecError("CLOUD_ERROR", "ECR gave no login", {
            hint: "try again later",
            details: { provider: "aws" },
          });
        }
        return { username, password, expiresAt: data.expiresAt?.getTime() ?? 0, proxyEndpoint: data.proxyEndpoint };
      }),
    async describeRepository(name, account, options = {}) {
      try {
        const command = new DescribeRepositoriesCommand({ repositoryNames: [name], ...registry(account) });
        const { repositories } = await client.send(command, given(options));
        const found = repositories?.[0];
        return found?.repositoryUri === undefined
          ? undefined
          : { name, uri: found.repositoryUri, arn: found.repositoryArn ?? "" };
      } catch (error) {
        if (awsErrorName(error) === "RepositoryNotFoundException") return undefined;
        return call("DescribeRepositories", `repository/${name}`, options, () => Promise.reject(error));
      }
    },
    async createRepository({ name, account, mutability, exclude, scanOnPush, encryption, tags }, options = {}) {
      const command = new CreateRepositoryCommand({
        repositoryName: name,
        ...registry(account),
        imageTagMutability: mutability,
        ...(exclude.length === 0
          ? {}
          : {
              imageTagMutabilityExclusionFilters: exclude.map((filter) => ({
                filterType: "WILDCARD" as const,
                filter,
              })),
            }),
        ...(scanOnPush === undefined ? {} : { imageScanningConfiguration: { scanOnPush } }),
        encryptionConfiguration: {
          encryptionType: encryption.type,
          ...(encryption.key === undefined ? {} : { kmsKey: encryption.key }),
        },
        tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      });
      try {
        await client.send(command, given(options));
        return { created: true };
      } catch (error) {
        // Somebody else was faster: that is what was wanted.
        if (awsErrorName(error) === "RepositoryAlreadyExistsException") return { created: false };
        return call("CreateRepository", `repository/${name}`, options, () => Promise.reject(error));
      }
    },
    async putLifecyclePolicy(name, policy, options = {}) {
      const command = new PutLifecyclePolicyCommand({
        repositoryName: name,
        lifecyclePolicyText: policy,
        ...registry(options.account),
      });
      await call("PutLifecyclePolicy", `repository/${name}`, options, () => client.send(command, given(options)));
    },
    async deleteTag(name, tag, options = {}) {
      const command = new BatchDeleteImageCommand({
        repositoryName: name,
        imageIds: [{ imageTag: tag }],
        ...registry(options.account),
      });
      const { failures } = await call("BatchDeleteImage", `repository/${name}`, options, () =>
        client.send(command, given(options)),
      );
      const failure = failures?.find(({ failureCode }) => failureCode !== "ImageNotFound");
      if (failure === undefined) return;
      throw new ImageSpecError(
        "CLOUD_ERROR",
        `ECR did not remove the tag "${tag}" of "${name}": ${failure.failureReason ?? failure.failureCode ?? ""}`,
        { hint: "remove it by hand", details: { provider: "aws", action: "ecr:BatchDeleteImage" } },
      );
    },
  };
}

function given({ signal }: CallOptions): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function registry(account: string | undefined): { readonly registryId?: string } {
  return account === undefined ? {} : { registryId: account };
}

function decoded(token: string | undefined): string {
  return Buffer.from(token ?? "", "base64").toString();
}
