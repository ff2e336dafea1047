/** Credentials for one registry host. */
export type Credentials =
  /** User name and password (or an access token used as one). */
  | { readonly kind: "basic"; readonly username: string; readonly password: string }
  /** A refresh token that the token service exchanges for short-lived ones. */
  | { readonly kind: "identity-token"; readonly token: string }
  /** A token that goes to the registry as it is. */
  | { readonly kind: "bearer"; readonly token: string }
  /** Explicitly none; ends the search. */
  | { readonly kind: "anonymous" };

/** What a provider is asked. */
export interface CredentialRequest {
  /** Canonical registry name: `docker.io`, `ghcr.io`, `localhost:5000`. */
  readonly registry: string;
  readonly repository?: string | undefined;
  /** The credentials given last were refused: do not answer from a cache. @default false */
  readonly refresh?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Gives the credentials for a registry, or `undefined`: "not mine, ask the next". */
export type CredentialProvider = (request: CredentialRequest) => Promise<Credentials | undefined>;
