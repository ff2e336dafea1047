/** Who may use the registry. */
export interface RegistryAuthOptions {
  /** Passwords by user name. */
  readonly users: Readonly<Record<string, string>>;
  /**
   * `"basic"` asks for the password with every request; `"token"` sends clients to the registry's own `/token` endpoint,
   * which hands out signed tokens for the scopes they ask for.
   *
   * @default "basic"
   */
  readonly scheme?: "basic" | "token";
  /**
   * Whether everybody may pull. With `"basic"` the ping then answers 200, so that clients which learn from the ping whether to
   * send credentials (docker) can only pull; use `"token"` where they push too.
   *
   * @default false
   */
  readonly anonymousPull?: boolean;
  /** Names of users that may pull only; what else they try is answered by 403. @default none */
  readonly readers?: readonly string[];
  /** Seconds. @default 300 */
  readonly tokenLifetimeSeconds?: number;
}

/** One request, when its response has ended. */
export interface RegistryRequestEntry {
  readonly method: string;
  /** Path and query, as sent. */
  readonly path: string;
  /** Status of the response; 499 when the client left before there was one. */
  readonly status: number;
  /** Bytes of the request's body that were read. */
  readonly bytesIn: number;
  /** Bytes of the response's body. */
  readonly bytesOut: number;
  readonly ms: number;
  /** What made the registry answer 5xx. */
  readonly error?: unknown;
}

/** What the registry serves and to whom. */
export interface RegistryHandlerOptions {
  /** Folder for everything, created when missing. @default none: everything is in memory */
  readonly root?: string;
  /** @default everybody may do everything */
  readonly auth?: RegistryAuthOptions;
  /** Whether pushes and deletes are refused (405). @default false */
  readonly readOnly?: boolean;
  /** `false` plays a registry of specification 1.0: referrers are answered by 404. @default true */
  readonly referrersApi?: boolean;
  /** Bytes; a larger manifest is answered by 413. @default 4 MiB */
  readonly maxManifestSize?: number;
  /** Whether an index may name manifests that the repository does not have. @default true */
  readonly sparseIndex?: boolean;
  /** Whether an image may name blobs that the repository does not have. @default false */
  readonly sparseImage?: boolean;
  /** Called once for every request. It must not throw. */
  readonly onRequest?: (entry: RegistryRequestEntry) => void;
}

/** {@link RegistryHandlerOptions} and where to listen. */
export interface RegistryServerOptions extends RegistryHandlerOptions {
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** @default 0, a free one */
  readonly port?: number;
  /** PEM texts; with them the registry speaks https only. */
  readonly tls?: { readonly key: string; readonly cert: string };
}
