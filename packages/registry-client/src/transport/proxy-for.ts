import { BlockList, isIP, isIPv6 } from "node:net";
import { ImageSpecError } from "@imagespec/errors";
import { isLoopbackRegistry } from "@imagespec/oci";
import type { ProxySettings } from "./proxy-settings.ts";

/** The proxy for an address, or `undefined` for a direct connection. Loopback is always direct. @throws CONFIG_INVALID */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const proxy = url.protocol === "https:" ? settings.httpsProxy : settings.httpProxy;
  if (proxy === undefined || isLoopbackRegistry(url.host) || bypasses(url, settings.noProxy ?? "")) return undefined;
  const address = proxy.includes("://") ? proxy : `http://${proxy}`;
  const parsed = URL.canParse(address) ? new URL(address) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new ImageSpecError("CONFIG_INVALID", `the proxy "${proxy}" is not an http or https address`, {
      hint: "set HTTPS_PROXY to an address such as http://proxy.acme.dev:3128",
    });
  }
  return parsed;
}

function bypasses(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").toLowerCase();
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => matches(entry.toLowerCase(), host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return inNetwork(entry, host);
  const [, name = "", wantedPort] = /^(\[[^\]]*\]|[^:]*|[^:]*:[^:]*:.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (wantedPort !== undefined && wantedPort !== port) return false;
  const suffix = name.replace(/^\[|\]$/g, "").replace(/^\*?\./, "");
  if (suffix === "") return false;
  return host === suffix || (isIP(host) === 0 && host.endsWith(`.${suffix}`));
}

function inNetwork(entry: string, host: string): boolean {
  const [network = "", bits = ""] = entry.split("/");
  const family = isIPv6(network) ? "ipv6" : "ipv4";
  const prefix = Number(bits);
  if (isIP(network) === 0 || isIP(host) === 0 || !Number.isInteger(prefix)) return false;
  if (bits === "" || prefix < 0 || prefix > (family === "ipv6" ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(host, isIPv6(host) ? "ipv6" : "ipv4");
}
