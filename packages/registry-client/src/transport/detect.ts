import type { ProxySettings } from "./proxy-settings.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxies of the environment; the lower-case variable wins, as in curl. */
export function detectProxy(env: Environment = process.env): ProxySettings {
  const read = (name: string): string | undefined => env[name.toLowerCase()] || env[name] || undefined;
  return { httpProxy: read("HTTP_PROXY"), httpsProxy: read("HTTPS_PROXY"), noProxy: read("NO_PROXY") };
}

/** The file whose certificates Node adds to its own. */
export function detectExtraCertificatesFile(env: Environment = process.env): string | undefined {
  return env["NODE_EXTRA_CA_CERTS"] || undefined;
}
