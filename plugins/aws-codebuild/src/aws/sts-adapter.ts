import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { ImageSpecError } from "@imagespec/errors";
import { callAws } from "./aws-error.ts";
import type { ClientSettings } from "./client-settings.ts";
import type { IdentityPort } from "./ports.ts";

/** AWS STS, with the calls that this plugin uses. */
export function stsAdapter(settings: ClientSettings): IdentityPort {
  const client = new STSClient(settings);
  return {
    async whoAmI({ signal } = {}) {
      const { Account = "", Arn = "" } = await callAws({ action: "sts:GetCallerIdentity", signal }, () =>
        client.send(new GetCallerIdentityCommand({}), signal === undefined ? {} : { abortSignal: signal }),
      );
      return { account: Account, arn: Arn };
    },
    async assumeRole({ roleArn, externalId, sessionName = "imagespec" }, { signal } = {}) {
      const command = new AssumeRoleCommand({
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      });
      const { Credentials: given } = await callAws({ action: "sts:AssumeRole", resource: roleArn, signal }, () =>
        client.send(command, signal === undefined ? {} : { abortSignal: signal }),
      );
      if (given?.AccessKeyId === undefined || given.SecretAccessKey === undefined || given.SessionToken === undefined) {
        throw new ImageSpecError("CLOUD_ERROR", `STS gave no credentials for the role "${roleArn}"`, {
          hint: "try again later",
          details: { provider: "aws" },
        });
      }
      return {
        accessKeyId: given.AccessKeyId,
        secretAccessKey: given.SecretAccessKey,
        sessionToken: given.SessionToken,
        expiration: given.Expiration ?? new Date(Date.now() + 15 * 60_000),
      };
    },
  };
}
