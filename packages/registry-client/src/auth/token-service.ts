import { ImageSpecError } from "@imagespec/errors";
import type { Challenge } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import type { Token } from "./token-cache.ts";

/** One request to a token service; `form` makes it a POST. */
export interface TokenRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly form?: string;
}

const clientId = "imagespec";
/** What a token service that names no lifetime promises (distribution, "Token Authentication Specification"). */
const defaultLifetimeSeconds = 60;
const longestMarginMs = 30_000;

/**
 * How to ask the token service of a challenge for a token: POST with the refresh token for identity tokens, else GET, with Basic
 * credentials when there are any. @throws REGISTRY_PROTOCOL when the challenge has no usable `realm`
 */
export function tokenRequest(
  registry: string,
  challenge: Challenge,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): TokenRequest {
  const { realm = "", service } = challenge.parameters;
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ImageSpecError(
      "REGISTRY_PROTOCOL",
      `registry "${registry}" names the token service "${realm}", which is no address`,
      {
        hint: "check the realm in the registry's auth configuration",
        details: { registry },
      },
    );
  }
  if (credentials?.kind === "identity-token") {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      client_id: clientId,
      refresh_token: credentials.token,
    });
    if (service !== undefined) form.set("service", service);
    if (scopes.length > 0) form.set("scope", scopes.join(" "));
    return { url, headers: { "content-type": "application/x-www-form-urlencoded" }, form: form.toString() };
  }
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credentials?.kind !== "basic") return { url, headers: {} };
  url.searchParams.set("account", credentials.username);
  url.searchParams.set("client_id", clientId);
  return { url, headers: { authorization: basicHeader(credentials.username, credentials.password) } };
}

/** What a token service answered. */
export interface TokenAnswer extends Token {
  /** A new refresh token, which replaces the old. */
  readonly refreshToken: string | undefined;
}

/** Reads the answer of a token service. @throws REGISTRY_PROTOCOL */
export function parseTokenAnswer(registry: string, bytes: Uint8Array, now: number = Date.now()): TokenAnswer {
  const value = parseObject(bytes);
  const token = value?.["token"] || value?.["access_token"];
  if (value === undefined || typeof token !== "string") {
    throw new ImageSpecError("REGISTRY_PROTOCOL", `the token service of registry "${registry}" sent no token`, {
      hint: "check the realm in the registry's auth configuration",
      details: { registry },
    });
  }
  const lifetime = value["expires_in"];
  const seconds = typeof lifetime === "number" && lifetime > 0 ? lifetime : defaultLifetimeSeconds;
  const refreshToken = value["refresh_token"];
  return {
    value: token,
    // A request may wait in a queue between taking the token and sending it.
    expiresAt: now + seconds * 1000 - Math.min(longestMarginMs, seconds * 250),
    refreshToken: typeof refreshToken === "string" && refreshToken !== "" ? refreshToken : undefined,
  };
}

/** The value of an `Authorization` header with user name and password (RFC 7617). */
export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    // Any object has string keys; values stay unknown.
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
