import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { redact, registerSecret } from "./redact.ts";

const forget: (() => void)[] = [];
afterEach(() => {
  for (const one of forget.splice(0)) one();
});

describe("registerSecret", () => {
  test("masks the value in every form that it takes on its way", () => {
    forget.push(registerSecret('pa ss"wört'));
    expect(redact('a pa ss"wört b')).toBe("a *** b");
    expect(redact("?password=pa%20ss%22w%C3%B6rt&x")).toBe("?password=***&x");
    expect(redact(`Basic ${Buffer.from('pa ss"wört').toString("base64")}`)).toBe("Basic ***");
    expect(redact(JSON.stringify({ value: 'pa ss"wört' }))).toBe('{"value":"***"}');
  });

  test("masks the lines of a value with several", () => {
    forget.push(registerSecret("-----BEGIN KEY-----\nMIIEvQIBADANBg\r\nab\n-----END KEY-----\n"));
    expect(redact("line: MIIEvQIBADANBg ab")).toBe("line: *** ab");
  });

  test("masks a value that a file ended with a line break", () => {
    forget.push(registerSecret("hunter2\n"));
    expect(redact("hunter2!")).toBe("***!");
  });

  test("ignores values shorter than four characters in every form", () => {
    forget.push(registerSecret("abc"), registerSecret("a b"), registerSecret(""));
    const text = `abc a b a%20b ${Buffer.from("abc").toString("base64")}`;
    expect(redact(text)).toBe(text);
  });

  test("masks the longest secret first", () => {
    forget.push(registerSecret("token"), registerSecret("token-and-more"));
    expect(redact("token-and-more token")).toBe("*** ***");
  });

  test("forgets a value when every owner has, each once", () => {
    const first = registerSecret("shared-value");
    const second = registerSecret("shared-value");
    first();
    first();
    expect(redact("shared-value")).toBe("***");
    second();
    expect(redact("shared-value")).toBe("shared-value");
  });

  test("takes any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 4 }), (value) => {
        const done = registerSecret(value);
        try {
          // A value inside the mask itself would come back with it.
          if (!"***".includes(value)) expect(redact(`<${value}>`)).not.toContain(`<${value}>`);
        } finally {
          done();
        }
      }),
    );
    expect(() => registerSecret("\ud800 lone surrogate")()).not.toThrow();
  });
});

describe("redact", () => {
  test.each([
    ["https://user:secret@ghcr.io/x", "https://user:***@ghcr.io/x"],
    ["https://user:se@cr:et@ghcr.io/x", "https://user:***@ghcr.io/x"],
    ["HTTPS://:secret@ghcr.io", "HTTPS://:***@ghcr.io"],
    ["https://ghp_secret@github.com/a/b", "https://***@github.com/a/b"],
    ["git+https://ghp_secret@github.com/a/b", "git+https://***@github.com/a/b"],
    ["https://ghp_secret:x-oauth-basic@github.com", "https://***@github.com"],
    ["https://ghp_secret:@github.com", "https://***@github.com"],
    ["ssh://git@github.com/a/b", "ssh://git@github.com/a/b"],
    ["postgres://u:p@db/x, redis://:p@cache", "postgres://u:***@db/x, redis://:***@cache"],
    ["https://ghcr.io:443/a@b", "https://ghcr.io:443/a@b"],
    ["https://pypi.org/simple user@acme.dev", "https://pypi.org/simple user@acme.dev"],
    ['"https://a.dev:80" and "b@c"', '"https://a.dev:80" and "b@c"'],
    ["https://acme.dev?mail=a@b", "https://acme.dev?mail=a@b"],
    ["no url: a:b@c", "no url: a:b@c"],
  ])("%s becomes %s", (text, expected) => {
    expect(redact(text)).toBe(expected);
    expect(redact(expected)).toBe(expected);
  });

  test("is quick for long lines", () => {
    const start = performance.now();
    for (const line of ["a".repeat(500_000), "https://".repeat(50_000), `https://${"a:".repeat(200_000)}`])
      redact(line);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

test("secrets are those of all copies of the package in the process", async () => {
  vi.resetModules();
  const other = await import("./redact.ts");
  expect(other.registerSecret).not.toBe(registerSecret);
  forget.push(other.registerSecret("of-another-copy"));
  expect(redact("of-another-copy")).toBe("***");
});
