import { randomBytes } from "node:crypto";

/** What a password of the registry stands for. */
export interface TokenHolder {
  /** Of the request that asked for it. */
  readonly accessKeyId: string;
  readonly expired: boolean;
}

/** The passwords that GetAuthorizationToken gave out. */
export interface AuthorizationTokens {
  issue(accessKeyId: string): { readonly password: string; readonly expiresAt: number };
  holder(password: string): TokenHolder | undefined;
  /** This password, or every one, expires now. */
  expire(password?: string): void;
  /** This password becomes one that was never given out. */
  revoke(password: string): void;
}

export function createAuthorizationTokens(lifetimeMs: number, now: () => number): AuthorizationTokens {
  const tokens = new Map<string, { readonly accessKeyId: string; expiresAt: number }>();
  return {
    issue(accessKeyId) {
      const password = randomBytes(48).toString("base64url");
      const expiresAt = now() + lifetimeMs;
      tokens.set(password, { accessKeyId, expiresAt });
      return { password, expiresAt };
    },
    holder(password) {
      const token = tokens.get(password);
      return token && { accessKeyId: token.accessKeyId, expired: token.expiresAt <= now() };
    },
    expire(password) {
      for (const [each, token] of tokens) if (password === undefined || each === password) token.expiresAt = 0;
    },
    revoke(password) {
      tokens.delete(password);
    },
  };
}
