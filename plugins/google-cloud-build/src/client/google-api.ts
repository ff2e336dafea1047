import type { GoogleAccessToken } from "../google-cloud-build-options.ts";

/** An answer of one of Google's REST APIs. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Credentials, and the small REST APIs that need no client library. Rejects with what the auth library throws. */
export interface GoogleApi {
  /** Id of the project that the credentials belong to. */
  project(signal: AbortSignal): Promise<string>;
  /** Email of the account, where the credentials tell it. */
  principal(signal: AbortSignal): Promise<string | undefined>;
  /** `refresh`: not the one given last. */
  token(options: { readonly refresh: boolean; readonly signal: AbortSignal }): Promise<Required<GoogleAccessToken>>;
  request(
    call: { readonly method: "GET" | "POST"; readonly url: string; readonly body?: unknown },
    signal: AbortSignal,
  ): Promise<ApiAnswer>;
}
