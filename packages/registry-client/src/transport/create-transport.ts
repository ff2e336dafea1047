import { NodeTransport } from "./node-transport.ts";
import { proxyFor } from "./proxy-for.ts";
import type { ProxySettings } from "./proxy-settings.ts";
import { ProxyTransport } from "./proxy-transport.ts";
import type { Transport } from "./transport.ts";
import { assertCertificates } from "./trusted-certificates.ts";

export interface TransportOptions {
  readonly proxy: ProxySettings;
  readonly ca?: string | readonly string[] | undefined;
  readonly maxConnections: number;
}

/** A transport that goes through a proxy where the settings say so, and directly everywhere else. @throws CONFIG_INVALID */
export function createTransport(options: TransportOptions): Transport {
  if (options.ca !== undefined) assertCertificates(options.ca);
  const direct = new NodeTransport(options);
  const proxied = new Map<string, Transport>();
  return {
    send: async (request) => {
      const proxy = proxyFor(request.url, options.proxy);
      if (proxy === undefined) return direct.send(request);
      let transport = proxied.get(proxy.href);
      if (transport === undefined) {
        transport = new ProxyTransport({ ...options, proxy });
        proxied.set(proxy.href, transport);
      }
      return transport.send(request);
    },
    close: async () => {
      await Promise.all([direct, ...proxied.values()].map((transport) => transport.close()));
    },
  };
}
