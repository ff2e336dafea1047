import { registerSecret } from "@imagespec/errors";
import { withAbort } from "../http/with-abort.ts";
import type { Challenge } from "./challenge.ts";
import type { CredentialProvider, Credentials } from "./credentials.ts";
import { coversScopes, mergeScopes } from "./scope.ts";
import { type Token, TokenCache } from "./token-cache.ts";
import { basicHeader, parseTokenAnswer, type TokenRequest, tokenRequest } from "./token-service.ts";

/** What the credentials are needed for. */
export interface AuthTarget {
  readonly registry: string;
  readonly repository?: string | undefined;
  readonly scopes: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Sends a request to a token service. `undefined`: it refused the credentials. */
export type TokenSender = (target: AuthTarget, request: TokenRequest) => Promise<Uint8Array | undefined>;

/** The credentials of one registry as far as they are known. */
interface RegistryState {
  challenge: Challenge | undefined;
  readonly tokens: TokenCache;
  readonly credentials: Map<string, Promise<Credentials | undefined>>;
}

/** Challenges, credentials and tokens by registry, for the life of a client. */
export class Authorizer {
  readonly #provider: CredentialProvider;
  readonly #sendTokenRequest: TokenSender;
  readonly #closing: AbortSignal;
  readonly #states = new Map<string, RegistryState>();

  /** `closing` ends what all callers share. */
  constructor(provider: CredentialProvider, sendTokenRequest: TokenSender, closing: AbortSignal) {
    this.#provider = provider;
    this.#sendTokenRequest = sendTokenRequest;
    this.#closing = closing;
  }

  /** Credentials for one request, which may be refused and renewed. */
  begin(target: AuthTarget): Authorization {
    return new Authorization(this, target);
  }

  /** The header that the registry's last challenge asks for; `undefined` before the first, or without credentials for it. */
  async header(target: AuthTarget): Promise<string | undefined> {
    const { challenge } = this.#state(target);
    if (challenge === undefined) return undefined;
    const credentials = await this.#credentials(target);
    if (credentials?.kind === "bearer") return `Bearer ${credentials.token}`;
    if (challenge.scheme === "basic") {
      return credentials?.kind === "basic" ? basicHeader(credentials.username, credentials.password) : undefined;
    }
    const token = await this.#token(target, challenge, credentials);
    return token === undefined ? undefined : `Bearer ${token.value}`;
  }

  /** Keeps the challenge to answer from now on: Bearer before Basic, since it may carry the same credentials further. */
  learn(target: AuthTarget, challenges: readonly Challenge[]): boolean {
    const usable =
      challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters["realm"] !== undefined) ??
      challenges.find(({ scheme }) => scheme === "basic");
    if (usable !== undefined) this.#state(target).challenge = usable;
    return usable !== undefined;
  }

  /** Whether there are credentials for the target, and not just tokens that everybody gets. */
  async isIdentified(target: AuthTarget): Promise<boolean> {
    const credentials = await this.#credentials(target);
    return credentials !== undefined && credentials.kind !== "anonymous";
  }

  forgetToken(target: AuthTarget, header: string): void {
    this.#state(target).tokens.forget(header.replace(/^Bearer /, ""));
  }

  /** Asks the provider anew after a refusal; false when it has nothing else to offer. */
  async refreshCredentials(target: AuthTarget): Promise<boolean> {
    const state = this.#state(target);
    const before = await this.#credentials(target);
    const after = await withAbort(this.#ask(target, true), target.signal);
    if (after === undefined || JSON.stringify(after) === JSON.stringify(before)) return false;
    state.credentials.set(target.repository ?? "", Promise.resolve(after));
    state.tokens.clear();
    return true;
  }

  #state(target: AuthTarget): RegistryState {
    let state = this.#states.get(target.registry);
    if (state === undefined) {
      state = { challenge: undefined, tokens: new TokenCache(), credentials: new Map() };
      this.#states.set(target.registry, state);
    }
    return state;
  }

  #credentials(target: AuthTarget): Promise<Credentials | undefined> {
    const { credentials } = this.#state(target);
    const key = target.repository ?? "";
    let found = credentials.get(key);
    if (found === undefined) {
      found = this.#ask(target, false);
      credentials.set(key, found);
      found.catch(() => credentials.delete(key));
    }
    return withAbort(found, target.signal);
  }

  async #ask(target: AuthTarget, refresh: boolean): Promise<Credentials | undefined> {
    // Several callers may share the answer, so that the signal of one is not passed on.
    const { registry, repository } = target;
    const found = await this.#provider({
      registry,
      signal: this.#closing,
      ...(repository === undefined ? {} : { repository }),
      ...(refresh ? { refresh } : {}),
    });
    if (found?.kind === "basic") registerSecret(found.password);
    if (found?.kind === "bearer" || found?.kind === "identity-token") registerSecret(found.token);
    return found;
  }

  /** `undefined`: the token service refused the credentials. */
  async #token(
    target: AuthTarget,
    challenge: Challenge,
    credentials: Credentials | undefined,
  ): Promise<Token | undefined> {
    const state = this.#state(target);
    const scopes = mergeScopes(target.scopes);
    const { registry, repository } = target;
    const fetch = async (): Promise<Token> => {
      const request = tokenRequest(registry, challenge, scopes, credentials);
      const bytes = await this.#sendTokenRequest({ registry, repository, scopes, signal: this.#closing }, request);
      if (bytes === undefined) throw new TokenRefused();
      const answer = parseTokenAnswer(registry, bytes);
      if (answer.refreshToken !== undefined && credentials?.kind === "identity-token") {
        registerSecret(answer.refreshToken);
        const renewed: Credentials = { kind: "identity-token", token: answer.refreshToken };
        state.credentials.set(repository ?? "", Promise.resolve(renewed));
      }
      return answer;
    };
    try {
      return await withAbort(state.tokens.get(scopes, fetch), target.signal);
    } catch (error) {
      if (error instanceof TokenRefused) return undefined;
      throw error;
    }
  }
}

class TokenRefused extends Error {}

/** The credentials of one request: at most one new token, then at most one new set of credentials. */
export class Authorization {
  readonly #authorizer: Authorizer;
  #target: AuthTarget;
  #renewed = false;
  #refreshed = false;

  constructor(authorizer: Authorizer, target: AuthTarget) {
    this.#authorizer = authorizer;
    this.#target = target;
  }

  /** The value of `Authorization` for the first try. */
  header(): Promise<string | undefined> {
    return this.#authorizer.header(this.#target);
  }

  isIdentified(): Promise<boolean> {
    return this.#authorizer.isIdentified(this.#target);
  }

  /** The header for a challenge that came without a refusal of this request. */
  async learn(challenges: readonly Challenge[]): Promise<string | undefined> {
    return this.#authorizer.learn(this.#target, challenges) ? this.header() : undefined;
  }

  /** The header to try after a refusal, or `undefined` when nothing else is left. */
  async renew(challenges: readonly Challenge[], sent: string | undefined): Promise<string | undefined> {
    if (!this.#authorizer.learn(this.#target, challenges)) {
      // Refused without a challenge: an expired login, at most.
      this.#renewed ||= sent !== undefined;
    }
    this.#addScope(challenges);
    if (!this.#renewed) {
      this.#renewed = true;
      if (sent !== undefined) this.#authorizer.forgetToken(this.#target, sent);
      const header = await this.#authorizer.header(this.#target);
      if (header !== undefined && header !== sent) return header;
    }
    if (this.#refreshed) return undefined;
    this.#refreshed = true;
    return (await this.#authorizer.refreshCredentials(this.#target))
      ? this.#authorizer.header(this.#target)
      : undefined;
  }

  /** A registry may want more than the operation suggests. */
  #addScope(challenges: readonly Challenge[]): void {
    const wanted = challenges.flatMap(({ parameters }) => parameters["scope"]?.split(" ").filter(Boolean) ?? []);
    if (wanted.length === 0 || coversScopes(this.#target.scopes, wanted)) return;
    this.#target = { ...this.#target, scopes: mergeScopes(this.#target.scopes, wanted) };
  }
}
