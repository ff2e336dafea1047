import { expect, test } from "vitest";
import { detectProxy } from "./detect.ts";
import { proxyFor } from "./proxy-for.ts";

const proxies = { httpProxy: "http://plain.proxy:3128", httpsProxy: "secure.proxy:8080" };
const ask = (url: string, noProxy?: string): string | undefined =>
  proxyFor(new URL(url), { ...proxies, noProxy })?.href;

test("takes the proxy of the scheme", () => {
  expect(ask("https://ghcr.io/v2/")).toBe("http://secure.proxy:8080/");
  expect(ask("http://ghcr.io/v2/")).toBe("http://plain.proxy:3128/");
  expect(proxyFor(new URL("https://ghcr.io"), {})).toBeUndefined();
});

test.each(["http://localhost:5000", "https://127.0.0.1", "http://[::1]:5000"])(
  "loopback %s is always direct",
  (url) => {
    expect(ask(url)).toBeUndefined();
  },
);

test.each([
  ["https://r.acme.dev", "*", true],
  ["https://r.acme.dev", "acme.dev", true],
  ["https://r.acme.dev", ".acme.dev", true],
  ["https://r.acme.dev", "*.acme.dev", true],
  ["https://acme.dev", ".acme.dev", true],
  ["https://badacme.dev", "acme.dev", false],
  ["https://R.ACME.dev", "x, r.acme.DEV", true],
  ["https://r.acme.dev:8443", "r.acme.dev:8443", true],
  ["https://r.acme.dev", "r.acme.dev:443", true],
  ["https://r.acme.dev", "r.acme.dev:8443", false],
  ["https://10.1.2.3", "10.0.0.0/8", true],
  ["https://11.1.2.3", "10.0.0.0/8", false],
  ["https://r.acme.dev", "10.0.0.0/8", false],
  ["https://10.1.2.3", "2.3", false],
  ["https://[fd00::1]:5000", "fd00::/8", true],
  ["https://[fd00::1]:5000", "[fd00::1]:5000", true],
  ["https://[fd00::1]", "fd00::1", true],
  ["https://r.acme.dev", "10.0.0.0/99,,nonsense/", false],
])("%s with NO_PROXY=%s is direct: %s", (url, noProxy, direct) => {
  expect(ask(url, noProxy) === undefined).toBe(direct);
});

test("a proxy that is no address is refused", () => {
  expect(() => proxyFor(new URL("https://ghcr.io"), { httpsProxy: "socks5://p:1" })).toThrow(/not an http or https/);
});

test("the lower-case variable wins", () => {
  expect(detectProxy({ HTTPS_PROXY: "http://a", https_proxy: "http://b", NO_PROXY: "" })).toEqual({
    httpProxy: undefined,
    httpsProxy: "http://b",
    noProxy: undefined,
  });
});
