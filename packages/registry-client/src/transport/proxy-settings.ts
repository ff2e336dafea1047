/** Proxies as the usual environment variables describe them. */
export interface ProxySettings {
  /** Proxy for `http:` addresses: `http://user:password@proxy.acme.dev:3128`. */
  readonly httpProxy?: string | undefined;
  /** Proxy for `https:` addresses. */
  readonly httpsProxy?: string | undefined;
  /** Comma-separated hosts reached directly: `.acme.dev,10.0.0.0/8,registry:5000`, or `*` for all. */
  readonly noProxy?: string | undefined;
}
