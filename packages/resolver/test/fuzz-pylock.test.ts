import { isImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseDistributions, evaluateMarker, markerEnvironment, parsePylock, parseWheelName } from "../src/index.ts";

const numRuns = Number(process.env["IMAGESPEC_FUZZ_RUNS"] ?? 400);

const target = { pythonVersion: "3.12", platform: "linux/amd64", libc: { kind: "glibc", version: "2.36" } } as const;
const base = new URL("file:///work/");

function attempt<T>(action: () => T, codes: RegExp): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!isImageSpecError(error)) throw error;
    expect(error.code).toMatch(codes);
    return undefined;
  }
}

const text = fc.oneof(
  fc.constantFrom(
    "",
    "six",
    "http://[",
    "https://a/%zz.whl",
    "https://a/",
    "../../x.whl",
    "/etc/passwd",
    "%2e%2e%2fx.whl",
    "javascript:x",
    "\0",
    "constructor",
    "__proto__",
    "six-1.0-py3-none-any.whl",
    "python_version < '3.13'",
    "((((",
    "or",
  ),
  fc.string({ unit: "binary", maxLength: 10 }),
);
const value = fc.oneof(
  text.map((content) => JSON.stringify(content.replaceAll(/[\p{Surrogate}]/gu, "_"))),
  fc.constantFrom("1", "-1", "1.5", "true", "1979-05-27", "[]", "{}", "[[]]", "inf", "9223372036854775807"),
);
const wheel = fc
  .tuple(value, value, value, value, value)
  .map(([name, url, path, size, hash]) => [
    `name = ${name}`,
    `url = ${url}`,
    `path = ${path}`,
    `size = ${size}`,
    `hashes = { sha256 = ${hash} }`,
  ])
  .chain((fields) => fc.subarray(fields))
  .map((fields) => `[[packages.wheels]]\n${fields.join("\n")}\n`);
const entry = fc
  .tuple(
    value,
    value,
    value,
    fc.array(wheel, { maxLength: 2 }),
    fc.constantFrom("", "[packages.vcs]\n", '[packages.archive]\nurl = "x"\n', "[packages.sdist]\n"),
  )
  .map(
    ([name, version, marker, wheels, other]) =>
      `[[packages]]\nname = ${name}\nversion = ${version}\nmarker = ${marker}\n${other}${wheels.join("")}`,
  );

test("a lock with any values is read, or refused as LOCK_INVALID", () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 3 }), fc.oneof(fc.constant('"1.0"'), value), (packages, version) => {
      const lock = attempt(
        () => parsePylock(`lock-version = ${version}\n${packages.join("")}`, "pylock.toml", base),
        /^LOCK_/,
      );
      if (lock === undefined) return;
      accepted++;
      attempt(() => chooseDistributions(lock, target, { file: "pylock.toml" }), /^(?:LOCK|WHEEL|SPEC|RESOLVE)_/);
    }),
    { numRuns },
  );
  expect(accepted).toBeGreaterThan(0);
});

test("any marker holds, does not, or is refused", () => {
  const words = fc.constantFrom(
    "(",
    ")",
    "and",
    "or",
    "not",
    "in",
    "==",
    "~=",
    "===",
    "<",
    "python_version",
    "extra",
    "extras",
    "os.name",
    "constructor",
    "__proto__",
    "'3.12'",
    "'3.*'",
    '"x"',
    "'",
    " ",
  );
  const marker = fc.array(fc.oneof(words, text), { maxLength: 8 }).map((parts) => parts.join(" "));
  fc.assert(
    fc.property(marker, (given) => {
      expect([true, false, undefined]).toContain(
        attempt(() => evaluateMarker(given, markerEnvironment(target)), /^LOCK_INVALID$/),
      );
    }),
    { numRuns },
  );
});

test("a marker of parentheses without end is refused", () => {
  const marker = `${"(".repeat(100_000)}os_name == 'posix'${")".repeat(100_000)}`;
  expect(attempt(() => evaluateMarker(marker, markerEnvironment(target)), /^LOCK_INVALID$/)).toBeUndefined();
});

test("any file name is that of a wheel, or refused", () => {
  const parts = fc.array(
    fc.oneof(fc.constantFrom("six", "1.0", "-", "py3", "none", "any", ".whl", ".", "_", "/", "..", "1"), text),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(parts, (given) => {
      const name = attempt(() => parseWheelName(given.join("")), /^WHEEL_INVALID$/);
      if (name !== undefined) expect(`${name.distribution}${name.version}`).not.toMatch(/[/\\\0]/);
    }),
    { numRuns },
  );
});
