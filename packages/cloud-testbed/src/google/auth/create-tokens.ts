import { randomBytes } from "node:crypto";
import { GoogleError } from "../google-error.ts";

/** An access token as the token endpoint hands it out. */
export interface AccessToken {
  readonly token: string;
  /** E-mail address of who holds it. */
  readonly principal: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** The access tokens that the fake has handed out. */
export interface Tokens {
  /** @param lifetimeMs @default one hour */
  issue(principal: string, lifetimeMs?: number): AccessToken;
  /** The principal of a token that has not expired. */
  principalOf(token: string): string | undefined;
  /**
   * The principal of an `Authorization` header.
   *
   * @throws GoogleError UNAUTHENTICATED
   */
  authenticate(authorization: string | undefined): string;
  /** From now on no token that this principal was given before is good. */
  revoke(principal: string): void;
}

const expected =
  "Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";

export function createTokens(): Tokens {
  const issued = new Map<string, AccessToken>();
  const principalOf = (token: string): string | undefined => {
    const found = issued.get(token);
    return found !== undefined && found.expiresAt > Date.now() ? found.principal : undefined;
  };
  return {
    issue(principal, lifetimeMs = 3600_000) {
      const token = `ya29.${randomBytes(32).toString("base64url")}`;
      const access = { token, principal, expiresAt: Date.now() + lifetimeMs };
      issued.set(token, access);
      return access;
    },
    principalOf,
    authenticate(authorization) {
      if (authorization === undefined || authorization === "") {
        throw new GoogleError("UNAUTHENTICATED", `Request is missing required authentication credential. ${expected}`, {
          reason: "CREDENTIALS_MISSING",
        });
      }
      const principal = principalOf(/^Bearer +(.*)$/.exec(authorization)?.[1] ?? "");
      if (principal !== undefined) return principal;
      throw new GoogleError("UNAUTHENTICATED", `Request had invalid authentication credentials. ${expected}`, {
        reason: "ACCESS_TOKEN_TYPE_UNSUPPORTED",
      });
    },
    revoke(principal) {
      for (const [token, access] of issued) if (access.principal === principal) issued.delete(token);
    },
  };
}
