import { ImageSpecError } from "@imagespec/errors";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestOf } from "../digest/digest.ts";
import { isRepository, isTag } from "./grammar.ts";
import {
  familiarImageReference,
  formatImageReference,
  type ImageReference,
  parseImageReference,
  withDigest,
  withTag,
} from "./image-reference.ts";

const digest = digestOf("image");
const hex = digest.slice("sha256:".length);

describe("parseImageReference", () => {
  test.each<[text: string, canonical: string, familiar: string]>([
    ["python", "docker.io/library/python", "python"],
    ["python:3.12-slim", "docker.io/library/python:3.12-slim", "python:3.12-slim"],
    ["docker.io/python", "docker.io/library/python", "python"],
    ["index.docker.io/python", "docker.io/library/python", "python"],
    ["index.docker.io/acme/train:1", "docker.io/acme/train:1", "acme/train:1"],
    ["library/python", "docker.io/library/python", "python"],
    ["docker.io/library/a/b", "docker.io/library/a/b", "library/a/b"],
    ["acme/train", "docker.io/acme/train", "acme/train"],
    ["localhost/x", "localhost/x", "localhost/x"],
    ["localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"],
    ["localhost:5000/x", "localhost:5000/x", "localhost:5000/x"],
    ["localhost:5000/a/b/c:V1.0_x", "localhost:5000/a/b/c:V1.0_x", "localhost:5000/a/b/c:V1.0_x"],
    ["docker.io/localhost/x", "docker.io/localhost/x", "docker.io/localhost/x"],
    ["docker.io/a.b/c", "docker.io/a.b/c", "docker.io/a.b/c"],
    [`library/${digest}`, `docker.io/library/${digest}`, `library/${digest}`],
    [`docker.io/library/${hex}`, `docker.io/library/${hex}`, `library/${hex}`],
    ["ghcr.io/acme/train", "ghcr.io/acme/train", "ghcr.io/acme/train"],
    ["Acme/train", "Acme/train", "Acme/train"],
    ["[::1]:5000/x:1", "[::1]:5000/x:1", "[::1]:5000/x:1"],
    ["[fd00::ab]/x", "[fd00::ab]/x", "[fd00::ab]/x"],
    ["a.b-c.de:65535/x", "a.b-c.de:65535/x", "a.b-c.de:65535/x"],
    ["x/a.b_c__d---e/f", "docker.io/x/a.b_c__d---e/f", "x/a.b_c__d---e/f"],
    [`python@${digest}`, `docker.io/library/python@${digest}`, `python@${digest}`],
    [`ghcr.io/a/b:1@${digest}`, `ghcr.io/a/b:1@${digest}`, `ghcr.io/a/b:1@${digest}`],
    [`a:${"t".repeat(128)}`, `docker.io/library/a:${"t".repeat(128)}`, `a:${"t".repeat(128)}`],
  ])("reads %s", (text, canonical, familiar) => {
    const reference = parseImageReference(text);
    expect(formatImageReference(reference)).toBe(canonical);
    expect(familiarImageReference(reference)).toBe(familiar);
    expect(parseImageReference(canonical)).toEqual(reference);
    expect(parseImageReference(familiar)).toEqual(reference);
  });

  test("gives the parts, and no keys for what is not there", () => {
    expect(parseImageReference(`localhost:5000/a/b:1@${digest}`)).toStrictEqual({
      registry: "localhost:5000",
      repository: "a/b",
      tag: "1",
      digest,
    });
    expect(parseImageReference("python")).toStrictEqual({ registry: "docker.io", repository: "library/python" });
  });

  test.each<[text: string, message: string, hint: string]>([
    ["", "empty", "ghcr.io/acme/train:1.0"],
    ["localhost:30000/Fly:0.1", "upper-case", 'write "fly"'],
    ["Python", "upper-case", 'write "library/python"'],
    ["https://ghcr.io/acme/x", 'starts with "https://"', 'remove "https://"'],
    ["docker://python", 'starts with "docker://"', 'remove "docker://"'],
    ["python:", "tag is empty", "remove the colon"],
    ["ghcr.io/acme/train:", "tag is empty", "remove the colon"],
    ["ghcr.io/acme/", 'ends with "/"', 'remove the "/"'],
    ["ghcr.io/", 'ends with "/"', 'remove the "/"'],
    ["/acme/x", 'starts with "/"', 'remove the "/"'],
    ["acme//x", 'contains "//"', 'single "/"'],
    ["acme/:1", "no repository", "repository's last part"],
    [":1", "no repository", "ghcr.io/acme"],
    ["python :3", "white space", "remove the white space"],
    ["python\n", "white space", "remove the white space"],
    ["python:3.12:slim", 'more than one tag: "3.12", "slim"', "keep one tag"],
    ["localhost:30000/fly:0.1:0.2", 'more than one tag: "0.1", "0.2"', "keep one tag"],
    ["python:-1", 'starts with "-"', "letter, digit or underscore"],
    ["python:1+2", 'contains "+"', "in the tag"],
    [`python:${"x".repeat(129)}`, "129 characters", "at most 128"],
    ["python:ü", 'contains "ü"', "in the tag"],
    ["python@", "no digest", 'remove the "@"'],
    ["python@latest", "lacks the algorithm", "sha256:"],
    [`python@${digest.slice(0, -1)}`, "63 digits", "copy the whole digest"],
    [`python@md5:${"0".repeat(32)}`, "not supported", "sha256 or sha512"],
    [`python@${digest}@${digest}`, 'more than one "@"', "one digest"],
    [`python@${digest}:1`, "tag stands behind", 'write ":1" before the "@"'],
    [hex, "image id", "name the repository"],
    [digest, "a digest alone", "name the repository"],
    ["acme/-x", "misplaced separator", "start and end each part"],
    ["acme/x-", "misplaced separator", "start and end each part"],
    ["acme/x___y", "misplaced separator", 'one or two "_"'],
    ["acme/x..y", "misplaced separator", 'one "."'],
    ["acme/x!", 'contains "!"', "lower-case letters"],
    ["acme/é", 'contains "é"', "lower-case letters"],
    ["acme/x\u0000y", 'contains "\\u0000"', "lower-case letters"],
    [`ghcr.io/${"a".repeat(248)}`, "256 characters", "at most 255"],
    ["a_b.dev/x", "host name", "underscores"],
    ["host:port/x", 'port "port"', "correct the port"],
    ["::1/x", "more than one colon", "brackets"],
    ["[::1]:5000", "no repository", "add the repository"],
    ["[::1/x", "bracket", "[::1]:5000"],
    ["user:secret@ghcr.io/x", 'behind the "@"', "docker login"],
  ])("refuses %j", (text, message, hint) => {
    expect(() => parseImageReference(text)).toThrow(
      expect.objectContaining({
        code: "REFERENCE_INVALID",
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  test("repeats the text, but no password in it", () => {
    expect(() => parseImageReference("localhost:30000/Fly:0.1")).toThrow(/^"localhost:30000\/Fly:0.1" is not/);
    for (const text of ["user:hunter2@ghcr.io/x", "https://user:hunter2@ghcr.io/x"])
      expect(() => parseImageReference(text)).toThrow(
        expect.objectContaining({
          message: expect.not.stringContaining("hunter2"),
          details: { reference: expect.not.stringContaining("hunter2") },
        }),
      );
  });

  test("refuses what is not a text", () => {
    // JavaScript callers are not stopped by the type.
    for (const value of [undefined, null, 1, ["python"]])
      expect(() => parseImageReference(value as unknown as string)).toThrow(
        expect.objectContaining({ code: "REFERENCE_INVALID" }),
      );
  });

  test("takes a name of 255 characters", () => {
    expect(parseImageReference(`ghcr.io/${"a".repeat(247)}`).repository).toHaveLength(247);
  });

  test("is quick for texts made to be slow", () => {
    const start = performance.now();
    for (const text of [`a/${"a-".repeat(100_000)}`, `${"a.".repeat(100_000)}/x`, `x:${"0".repeat(200_000)}/y`])
      expect(() => parseImageReference(text)).toThrow(ImageSpecError);
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

const alphanumeric = fc.stringMatching(/^[a-z0-9]{1,8}$/);
const pathComponent = fc
  .tuple(alphanumeric, fc.array(fc.tuple(fc.constantFrom(".", "_", "__", "-", "--"), alphanumeric), { maxLength: 2 }))
  .map(([first, rest]) => first + rest.flat().join(""));
const registry = fc.oneof(
  fc.constantFrom("docker.io", "localhost", "ghcr.io", "[::1]:5000", "[fd00::1]", "Acme", "127.0.0.1:5000"),
  fc.tuple(alphanumeric, fc.integer({ min: 1, max: 65_535 })).map(([host, port]) => `${host}:${port}`),
  fc.tuple(alphanumeric, alphanumeric).map(([a, b]) => `${a}.${b}`),
);
const references: fc.Arbitrary<ImageReference> = fc
  .record({
    registry,
    path: fc.array(pathComponent, { minLength: 1, maxLength: 4 }),
    tag: fc.option(fc.stringMatching(/^\w[\w.-]{0,127}$/), { nil: undefined }),
    digest: fc.option(
      fc.string().map((text) => digestOf(text)),
      { nil: undefined },
    ),
  })
  .map(({ registry, path, tag, digest }) => ({
    registry,
    repository: registry === "docker.io" && path.length === 1 ? `library/${path[0]}` : path.join("/"),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }));

describe("formatImageReference and familiarImageReference", () => {
  test("are read back as the same reference", () => {
    fc.assert(
      fc.property(references, (reference) => {
        expect(parseImageReference(formatImageReference(reference))).toStrictEqual(reference);
        expect(parseImageReference(familiarImageReference(reference))).toStrictEqual(reference);
      }),
    );
  });

  test("normalise Docker Hub in values written by hand", () => {
    expect(formatImageReference({ registry: "index.docker.io", repository: "python" })).toBe(
      "docker.io/library/python",
    );
    expect(familiarImageReference({ registry: "docker.io", repository: "python" })).toBe("python");
  });
});

test("any text is a reference that round-trips, or an ImageSpecError", () => {
  const pieces = fc
    .array(
      fc.constantFrom("a", "B", "1", "/", ":", "@", ".", "-", "_", "[", "]", digest, hex, "localhost", "docker.io"),
    )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(pieces, fc.string({ unit: "binary" })), (text) => {
      let reference: ImageReference;
      try {
        reference = parseImageReference(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ImageSpecError);
        expect(error).toMatchObject({ code: "REFERENCE_INVALID", hint: expect.any(String) });
        expect((error as ImageSpecError).message).not.toContain("it does not follow the grammar");
        return;
      }
      expect(parseImageReference(formatImageReference(reference))).toStrictEqual(reference);
      expect(parseImageReference(familiarImageReference(reference))).toStrictEqual(reference);
    }),
    { numRuns: 2000 },
  );
});

describe("withTag and withDigest", () => {
  const reference = parseImageReference(`ghcr.io/a/b:1@${digest}`);

  test("replace tag and digest", () => {
    expect(withTag(reference, "2")).toStrictEqual({ registry: "ghcr.io", repository: "a/b", tag: "2" });
    expect(withDigest(reference, digest)).toStrictEqual({ registry: "ghcr.io", repository: "a/b", digest });
  });

  test("refuse a text that is not a tag", () => {
    expect(() => withTag(reference, "a/b")).toThrow(expect.objectContaining({ code: "REFERENCE_INVALID" }));
    expect(() => withTag(reference, "")).toThrow(expect.objectContaining({ hint: expect.stringContaining("tag") }));
  });
});

test("isTag and isRepository follow the grammar", () => {
  expect(["1", "_", "a.b-c", "A", "x".repeat(128)].every(isTag)).toBe(true);
  expect(["", ".a", "-a", "a/b", "a:b", "a\n", "x".repeat(129)].some(isTag)).toBe(false);
  expect(["a", "acme/train", "a-b/c__d/e.f", "x".repeat(255)].every(isRepository)).toBe(true);
  expect(["", "/", "a/", "/a", "A", "a--", "a_-b", "localhost:5000/a", "x".repeat(256)].some(isRepository)).toBe(false);
});
