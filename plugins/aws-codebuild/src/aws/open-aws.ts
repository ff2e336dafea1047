import type { AwsAccess, AwsCredentials } from "../aws-codebuild-options.ts";
import { type ClientSettings, clientSettings } from "./client-settings.ts";
import type { AwsPorts, BucketPort, CodebuildPort, EcrPort, IdentityPort, LogsPort } from "./ports.ts";

type CodebuildClient = CodebuildPort & { region(): Promise<string>; credentials(): Promise<unknown> };

/** AWS through its SDK. Nothing of the SDK is loaded before it is used, and nothing is sent. */
export function openAws(access: AwsAccess): AwsPorts {
  const own = withRole(access);
  const codebuild = once<CodebuildClient>(async () =>
    (await import("./codebuild-adapter.ts")).codebuildAdapter(clientSettings(own, "codebuild", { maxAttempts: 8 })),
  );
  // Their answers name the region in errors, which the SDK finds out by itself.
  const withRegion = async (settings: ClientSettings): Promise<ClientSettings> => ({
    ...settings,
    region: settings.region ?? (await (await codebuild()).region()),
  });
  const registries = new Map<string, () => Promise<EcrPort>>();
  return {
    region: async () => (await codebuild()).region(),
    async checkCredentials() {
      await (await codebuild()).credentials();
    },
    codebuild,
    ecr(region = "") {
      const known = registries.get(region);
      if (known !== undefined) return known();
      const open = once<EcrPort>(async () => {
        const settings = clientSettings(own, "ecr", { region: region === "" ? undefined : region });
        return (await import("./ecr-adapter.ts")).ecrAdapter(await withRegion(settings));
      });
      registries.set(region, open);
      return open();
    },
    bucket: once<BucketPort>(async () => (await import("./s3-adapter.ts")).s3Adapter(clientSettings(own, "s3"))),
    logs: once<LogsPort>(async () =>
      (await import("./logs-adapter.ts")).logsAdapter(
        await withRegion(clientSettings(own, "logs", { maxAttempts: 8 })),
      ),
    ),
    identity: once<IdentityPort>(async () =>
      (await import("./sts-adapter.ts")).stsAdapter(await withRegion(clientSettings(own, "sts"))),
    ),
  };
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

/** Credentials of the role to take, renewed five minutes before they end. */
function withRole(access: AwsAccess): AwsAccess {
  const { assumeRole } = access;
  if (assumeRole === undefined) return access;
  let current: Promise<AwsCredentials & { readonly expiration: Date }> | undefined;
  const take = async (): Promise<AwsCredentials & { readonly expiration: Date }> => {
    const { stsAdapter } = await import("./sts-adapter.ts");
    return stsAdapter(clientSettings(access, "sts")).assumeRole(assumeRole);
  };
  const credentials = async (): Promise<AwsCredentials> => {
    const known = await current?.catch(() => undefined);
    if (known === undefined || known.expiration.getTime() - Date.now() < 5 * 60_000) current = take();
    return (await current) ?? take();
  };
  return { ...access, credentials };
}
