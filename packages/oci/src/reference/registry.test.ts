import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLoopbackRegistry, parseRegistry, registryHost } from "./registry.ts";

describe("parseRegistry", () => {
  test.each([
    ["docker.io", "docker.io"],
    ["index.docker.io", "docker.io"],
    ["ghcr.io", "ghcr.io"],
    ["localhost", "localhost"],
    ["localhost:30000", "localhost:30000"],
    ["acme:443", "acme:443"],
    ["127.0.0.1:5000", "127.0.0.1:5000"],
    ["[::1]", "[::1]"],
    ["[2001:db8:0:0:0:0:0:1]:5000", "[2001:db8:0:0:0:0:0:1]:5000"],
    ["123456789012.dkr.ecr.eu-central-1.amazonaws.com", "123456789012.dkr.ecr.eu-central-1.amazonaws.com"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
  ])("reads %s", (text, registry) => {
    expect(parseRegistry(text)).toBe(registry);
  });

  test.each([
    ["", "write a host"],
    ["acme", '"docker.io" for the Docker Hub account'],
    ["https://ghcr.io", 'remove "https://"'],
    ["ghcr.io/", 'remove the "/"'],
    ["ghcr.io/acme", 'use "ghcr.io" and put "acme" in the image\'s name'],
    ["user:secret@ghcr.io", "docker login"],
    ["ghcr.io ", "white space"],
    ["my_host.dev", "underscores"],
    ["-a.dev", "inner hyphens"],
    ["a..dev", "single dots"],
    ["a.dev:", "port"],
    ["a.dev:x", "port"],
    ["a.dev:0", "port"],
    ["a.dev:65536", "port"],
    [":5000", "host"],
    ["::1", "brackets"],
    ["[::1", "[::1]:5000"],
    ["[::g]", "hexadecimal"],
    ["[1::2::3]", "hexadecimal"],
    ["[fe80::1%eth0]", "without a zone"],
  ])("refuses %j", (text, hint) => {
    expect(() => parseRegistry(text)).toThrow(
      expect.objectContaining({ code: "REFERENCE_INVALID", hint: expect.stringContaining(hint) }),
    );
  });

  test("never repeats a password", () => {
    expect(() => parseRegistry("user:secret@ghcr.io")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret"), details: {} }),
    );
  });
});

test("registryHost knows where Docker Hub answers", () => {
  expect(registryHost("docker.io")).toBe("registry-1.docker.io");
  expect(registryHost("index.docker.io")).toBe("registry-1.docker.io");
  expect(registryHost("localhost:5000")).toBe("localhost:5000");
});

describe("isLoopbackRegistry", () => {
  test.each([
    "localhost",
    "LOCALHOST:5000",
    "127.0.0.1",
    "127.255.3.4:80",
    "[::1]",
    "[::1]:5000",
    "[0:0:0:0:0:0:0:1]:1",
  ])("is true for %s", (registry) => {
    expect(isLoopbackRegistry(registry)).toBe(true);
  });

  test.each([
    "docker.io",
    "127.0.0.1.nip.io",
    "127.1",
    "127.0.0.256",
    "localhost.evil.dev:80",
    "[::2]",
    "[::1:1]",
    "[::11]",
    "128.0.0.1",
  ])("is false for %s", (registry) => {
    expect(isLoopbackRegistry(registry)).toBe(false);
  });

  test("is true for all of 127.0.0.0/8", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(fc.property(octet, octet, octet, (a, b, c) => isLoopbackRegistry(`127.${a}.${b}.${c}:5000`)));
  });
});
