import type { GoogleAccessToken, GoogleCloudBuildOptions } from "../google-cloud-build-options.ts";

/** The part of a `GoogleAuth` that stays the same in all its majors. */
export interface TokenReceiver {
  fromJSON(json: object): object;
  cachedCredential: unknown;
}

/** What gives tokens, for options that bring their own. */
export function tokenSource(
  accessToken: GoogleCloudBuildOptions["accessToken"],
): (() => Promise<GoogleAccessToken>) | undefined {
  if (accessToken === undefined) return undefined;
  return typeof accessToken === "string" ? async () => ({ token: accessToken }) : accessToken;
}

/**
 * Makes a `GoogleAuth` use tokens from elsewhere. Each client library brings a `google-auth-library` of another major, whose clients do
 * not work in the others: so the `GoogleAuth` makes the client itself.
 */
export function useTokens(auth: TokenReceiver, source: () => Promise<GoogleAccessToken>): void {
  const none = "none";
  const client = auth.fromJSON({ type: "authorized_user", client_id: none, client_secret: none, refresh_token: none });
  const hour = 3_600_000;
  Object.assign(client, {
    // No refresh token: the handler is asked instead.
    credentials: {},
    refreshHandler: async () => {
      const { token, expires } = await source();
      return { access_token: token, expiry_date: expires ?? Date.now() + hour };
    },
  });
  auth.cachedCredential = client;
}
