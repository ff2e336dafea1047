import { createHmac, randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import type { Access } from "./access.ts";

/** What a token says. */
export interface TokenClaims {
  /** User name, empty for everybody. */
  readonly sub: string;
  readonly aud: string;
  /** Seconds since 1970. */
  readonly exp: number;
  readonly iat: number;
  readonly jti: string;
  readonly access: readonly Access[];
}

/** Signs and reads tokens with a key that lives as long as the registry. */
export interface TokenSigner {
  sign(subject: string, access: readonly Access[]): { readonly token: string; readonly issuedAt: Date };
  /** `undefined`: not signed here, or expired. */
  verify(token: string): TokenClaims | undefined;
}

const header = encode({ alg: "HS256", typ: "JWT" });

/**
 * The tokens are JSON web tokens (RFC 7519), because some clients look into them.
 *
 * @param now milliseconds since 1970
 */
export function createTokenSigner(service: string, lifetimeSeconds: number, now: () => number = Date.now): TokenSigner {
  const key = randomBytes(32);
  const signatureOf = (text: string): Buffer => createHmac("sha256", key).update(text).digest();

  return {
    sign(subject, access) {
      const issuedAt = Math.floor(now() / 1000);
      const claims: TokenClaims = {
        sub: subject,
        aud: service,
        iat: issuedAt,
        exp: issuedAt + lifetimeSeconds,
        jti: randomUUID(),
        access,
      };
      const text = `${header}.${encode(claims)}`;
      return { token: `${text}.${signatureOf(text).toString("base64url")}`, issuedAt: new Date(issuedAt * 1000) };
    },

    verify(token) {
      const [first, payload, signature] = token.split(".");
      if (first !== header || payload === undefined || signature === undefined) return undefined;
      const wanted = signatureOf(`${first}.${payload}`);
      const given = Buffer.from(signature, "base64url");
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
      // Holds: the signature says that this registry wrote it.
      const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as TokenClaims;
      return claims.exp * 1000 > now() ? claims : undefined;
    },
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
