import type { AwsAccess, AwsCredentials } from "../aws-codebuild-options.ts";

/** What every client of the SDK is made with. */
export interface ClientSettings {
  readonly region?: string;
  readonly profile?: string;
  readonly credentials?: AwsCredentials | (() => Promise<AwsCredentials>);
  readonly endpoint?: string;
  readonly retryMode: "adaptive" | "standard";
  readonly maxAttempts: number;
  readonly customUserAgent: string;
}

type Service = keyof NonNullable<AwsAccess["endpoints"]>;

/** Settings for the client of a service. Polls and logs meet rate limits: they are patient. */
export function clientSettings(
  access: Pick<AwsAccess, "region" | "profile" | "credentials" | "endpoints">,
  service: Service,
  options: { readonly region?: string | undefined; readonly maxAttempts?: number } = {},
): ClientSettings {
  const region = options.region ?? access.region;
  const endpoint = access.endpoints?.[service];
  return {
    ...(region === undefined ? {} : { region }),
    ...(access.profile === undefined ? {} : { profile: access.profile }),
    ...(access.credentials === undefined ? {} : { credentials: access.credentials }),
    ...(endpoint === undefined ? {} : { endpoint }),
    retryMode: options.maxAttempts === undefined ? "standard" : "adaptive",
    maxAttempts: options.maxAttempts ?? 5,
    customUserAgent: "imagespec",
  };
}
