import type { CredentialProvider } from "./auth/credentials.ts";
import type { RegistryProvider } from "./registry-provider.ts";
import type { ProxySettings } from "./transport/proxy-settings.ts";

/** What every operation accepts. */
export interface OperationOptions {
  /** Ends the operation with `ABORTED` and destroys its sockets. */
  readonly signal?: AbortSignal | undefined;
}

/** One wait before another attempt. */
export interface RetryInfo {
  /** What is repeated: `GET ghcr.io/acme/train manifest`. */
  readonly what: string;
  /** The attempt that failed; the first is 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly reason: string;
}

export interface RegistryClientOptions {
  /** Asked before the providers. @default the providers, then {@link dockerConfigCredentials} */
  readonly credentials?: CredentialProvider | undefined;
  readonly providers?: readonly RegistryProvider[] | undefined;
  /**
   * Registry name → hosts to pull from first: `"mirror.acme.dev"`, or `"http://10.0.0.5:5000"` for one without TLS.
   * What a mirror does not have, or cannot deliver, comes from the registry itself. Pushes and {@link RegistryClient.probe} never use them.
   */
  readonly mirrors?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Hosts (with their port, if any) spoken to by plain HTTP. Loopback hosts always may. */
  readonly insecure?: readonly string[] | undefined;
  /** PEM certificates trusted in addition to Node's own and those of `NODE_EXTRA_CA_CERTS`. */
  readonly ca?: string | readonly string[] | undefined;
  /** @default `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` of the environment */
  readonly proxy?: ProxySettings | undefined;
  /** A `Retry-After` of the registry wins over the computed delay. @default 5 attempts, 500 ms, 8000 ms */
  readonly retry?:
    | {
        readonly attempts?: number | undefined;
        readonly minDelayMs?: number | undefined;
        readonly maxDelayMs?: number | undefined;
      }
    | undefined;
  /** Milliseconds without a byte in either direction after which a connection counts as dead. @default 60000 */
  readonly timeoutMs?: number | undefined;
  /** Connections per host; uploads have as many of their own, so that copies within one host cannot block themselves. @default 8 */
  readonly maxConnections?: number | undefined;
  readonly userAgent?: string | undefined;
  readonly onRetry?: ((info: RetryInfo) => void) | undefined;
}
