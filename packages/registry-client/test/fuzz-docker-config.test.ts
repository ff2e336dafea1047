import { isImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseChallenges } from "../src/auth/challenge.ts";
import { findAuth, findHelper, parseDockerConfigFile } from "../src/auth/docker-config-file.ts";

const numRuns = Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 500);

const secret = "s3cr3t-of-a-person";
const key = fc.oneof(
  fc.constantFrom(
    "https://index.docker.io/v1/",
    "docker.io",
    "ghcr.io/acme",
    "localhost:5000",
    "[::1]:5000",
    "",
    "https://",
    "/",
    "a//b",
    "__proto__",
    "constructor",
    "\0",
    "GHCR.IO",
    "user@host",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const text = fc.oneof(
  fc.constantFrom(
    "",
    "%%%",
    "Og==",
    Buffer.from(`me:${secret}`).toString("base64"),
    Buffer.from(`<token>:${secret}`).toString("base64"),
    Buffer.from(secret).toString("base64"),
    `${Buffer.from(`me:${secret}\0\0`).toString("base64")}`,
    secret,
    "../../bin/sh",
    "a b; id",
    "desktop",
    "ecr-login",
  ),
  fc.string({ unit: "binary", maxLength: 8 }),
);
const anything = fc.oneof(text, fc.jsonValue({ maxDepth: 2 }));
const usually = <T, U>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<U>): fc.Arbitrary<T | U> =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: rare });
const login = fc.constantFrom(
  { auth: Buffer.from(`me:${secret}`).toString("base64") },
  { identitytoken: secret },
  { username: "me", password: secret },
  {},
);
const odd = fc.record(
  { auth: text, username: text, password: text, identitytoken: text, registrytoken: text, email: anything },
  { requiredKeys: [] },
);
const helper = usually(fc.constantFrom("desktop", "ecr-login"), anything);
const auths = fc
  .array(fc.tuple(key, usually(login, fc.oneof(odd, anything))), { maxLength: 4 })
  .map((list) => Object.fromEntries(list));
const config = fc.record(
  {
    auths: usually(auths, anything),
    credHelpers: usually(fc.dictionary(key, helper, { maxKeys: 3 }), anything),
    credsStore: helper,
    HttpHeaders: anything,
    proxies: anything,
  },
  { requiredKeys: [] },
);

/** Reads a file; errors have to be about credentials, and must not show any. */
function read(content: string): ReturnType<typeof parseDockerConfigFile> | undefined {
  try {
    return parseDockerConfigFile(content, "config.json");
  } catch (error) {
    if (!isImageSpecError(error, "CREDENTIALS")) throw error;
    const shown = JSON.stringify([error.message, error.hint, error.details, String(error.cause)]);
    expect(shown).not.toContain(secret);
    expect(shown).not.toContain(Buffer.from(secret).toString("base64").slice(0, 12));
    return undefined;
  }
}

test("any docker config is read or refused, and its secrets stay in it", () => {
  let accepted = 0;
  fc.assert(
    fc.property(config, key, key, (value, registry, repository) => {
      const parsed = read(JSON.stringify(value));
      if (parsed === undefined) return;
      accepted++;
      for (const found of [parsed.credsStore, findHelper(parsed, registry)])
        if (found !== undefined) expect(found).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
      const found = findAuth(parsed, registry, repository);
      if (found !== undefined) expect(["basic", "bearer", "identity-token"]).toContain(found.kind);
    }),
    { numRuns },
  );
  expect(accepted).toBeGreaterThan(0);
});

test("altered and cut texts are read or refused, and errors never quote them", () => {
  const whole = JSON.stringify({
    auths: { "ghcr.io": { auth: Buffer.from(`me:${secret}`).toString("base64") }, b: { identitytoken: secret } },
    credHelpers: { "a.dev": "desktop" },
    credsStore: "pass",
  });
  fc.assert(
    fc.property(fc.nat(whole.length), fc.nat(20), fc.string({ unit: "binary", maxLength: 4 }), (at, remove, insert) => {
      read(whole.slice(0, at) + insert + whole.slice(at + remove));
      read(whole.slice(0, at));
    }),
    { numRuns },
  );
});

test("any challenge of a registry is read without an error", () => {
  const parts = fc.array(
    fc.oneof(
      fc.constantFrom(
        "Bearer ",
        "Basic ",
        "realm=",
        '"',
        "\\",
        ",",
        "=",
        " ",
        "https://a/t",
        "scope=",
        "service=",
        "\t",
        "é",
      ),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(parts, (header) => {
      for (const { scheme } of parseChallenges(header.join(""))) expect(scheme).not.toBe("");
    }),
    { numRuns },
  );
  const started = performance.now();
  for (const part of ['"', "\\", ",", "=", " ", 'a="', "a ", "a=,"]) parseChallenges(`Bearer ${part.repeat(100_000)}`);
  expect(performance.now() - started).toBeLessThan(5000);
});
