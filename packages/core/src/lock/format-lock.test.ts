import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ResolvedDistribution } from "../builder/resolver.ts";
import { errorOf } from "../testing/error-of.ts";
import { formatLock, type LockDocument } from "./format-lock.ts";
import { readPylock } from "./pylock.ts";

const none = { groups: [], extras: [] };

function distribution(name: string, version: string, hash: string): ResolvedDistribution {
  const filename = `${name}-${version}-py3-none-any.whl`;
  return { name, version, wheel: { filename, url: `https://x.dev/${filename}`, size: 12, sha256: hash.repeat(64) } };
}

const document: LockDocument = {
  title: "acme/train",
  platforms: [
    {
      platform: "linux/arm64",
      distributions: [distribution("numpy", "2.0", "b"), distribution("six", "1.0", "c")],
      baseLock: undefined,
    },
    {
      platform: "linux/amd64",
      distributions: [
        distribution("numpy", "2.0", "a"),
        distribution("six", "1.0", "c"),
        distribution("mkl", "3", "d"),
      ],
      baseLock: { suite: "trixie", packages: [{ name: "libc6", version: "2.41-12", size: 9 }], roots: ["libc6"] },
    },
  ],
  inputs: { hash: "f".repeat(64), values: { packages: ["numpy", "six"], baseImage: "debian:trixie" } },
  baseDigest: undefined,
  python: "3.13.5",
  libc: "glibc 2.41",
};

describe("formatLock", () => {
  test("writes a document that people can review", () => {
    expect(formatLock(document)).toMatchInlineSnapshot(`
      "# Made by "imagespec lock" for acme/train. Do not edit: change the spec and run it again.
      lock-version = "1.0"
      environments = [
        "sys_platform == 'linux' and platform_machine == 'x86_64'",
        "sys_platform == 'linux' and platform_machine == 'aarch64'",
      ]
      requires-python = "==3.13.*"
      created-by = "imagespec"

      [[packages]]
      name = "mkl"
      version = "3"
      marker = "platform_machine == 'x86_64'"
      wheels = [{ name = "mkl-3-py3-none-any.whl", url = "https://x.dev/mkl-3-py3-none-any.whl", size = 12, hashes = { sha256 = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd" } }]

      [[packages]]
      name = "numpy"
      version = "2.0"
      marker = "platform_machine == 'x86_64'"
      wheels = [{ name = "numpy-2.0-py3-none-any.whl", url = "https://x.dev/numpy-2.0-py3-none-any.whl", size = 12, hashes = { sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" } }]

      [[packages]]
      name = "numpy"
      version = "2.0"
      marker = "platform_machine == 'aarch64'"
      wheels = [{ name = "numpy-2.0-py3-none-any.whl", url = "https://x.dev/numpy-2.0-py3-none-any.whl", size = 12, hashes = { sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" } }]

      [[packages]]
      name = "six"
      version = "1.0"
      wheels = [{ name = "six-1.0-py3-none-any.whl", url = "https://x.dev/six-1.0-py3-none-any.whl", size = 12, hashes = { sha256 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc" } }]

      [tool.imagespec]
      version = 1
      inputs-hash = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
      platforms = [
        "linux/amd64",
        "linux/arm64",
      ]
      python = "3.13.5"
      libc = "glibc 2.41"

      [tool.imagespec.inputs]
      packages = [
        "numpy",
        "six",
      ]
      baseImage = "debian:trixie"

      [tool.imagespec.base-lock."linux/amd64"]
      suite = "trixie"
      packages = [
        { name = "libc6", version = "2.41-12", size = 9 },
      ]
      roots = ["libc6"]
      "
    `);
  });

  test("source distributions, repositories and files beside the lock", () => {
    const archive = { kind: "archive", filename: "b-1.tar.gz", size: 3, sha256: "b".repeat(64) } as const;
    const wheel = {
      filename: "e-1-py3-none-any.whl",
      url: "wheels/e-1-py3-none-any.whl",
      size: 3,
      sha256: "e".repeat(64),
    };
    const git = { kind: "git", url: "https://g.dev/d.git", commit: "1".repeat(40), subdirectory: "d" } as const;
    const distributions: readonly ResolvedDistribution[] = [
      { name: "b", version: "1", sdist: { ...archive, url: "https://x.dev/b-1.tar.gz", subdirectory: undefined } },
      { name: "c", version: "2", sdist: { ...archive, url: "https://x.dev/c.zip", subdirectory: "src/c" } },
      { name: "d", version: "", sdist: git },
      { name: "e", version: "1", wheel },
    ];
    const platforms = [{ platform: "linux/amd64", distributions, baseLock: undefined }];
    const text = formatLock({ ...document, platforms });
    expect(text.slice(text.indexOf("\n[[packages]]"), text.indexOf("\n[tool"))).toMatchInlineSnapshot(`
      "
      [[packages]]
      name = "b"
      version = "1"
      sdist = { name = "b-1.tar.gz", url = "https://x.dev/b-1.tar.gz", size = 3, hashes = { sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" } }

      [[packages]]
      name = "c"
      version = "2"
      archive = { url = "https://x.dev/c.zip", size = 3, hashes = { sha256 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb" }, subdirectory = "src/c" }

      [[packages]]
      name = "d"
      vcs = { type = "git", url = "https://g.dev/d.git", commit-id = "1111111111111111111111111111111111111111", subdirectory = "d" }

      [[packages]]
      name = "e"
      version = "1"
      wheels = [{ name = "e-1-py3-none-any.whl", path = "wheels/e-1-py3-none-any.whl", size = 3, hashes = { sha256 = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" } }]
      "
    `);
    expect(readPylock(text, "pylock.a.toml", none).distributions).toMatchObject([
      { name: "b", version: "1", source: undefined, hashes: [`sha256:${archive.sha256}`] },
      { name: "c", version: "2", source: "https://x.dev/c.zip", hashes: [`sha256:${archive.sha256}`] },
      { name: "d", version: "", source: `git+https://g.dev/d.git@${git.commit}#subdirectory=d`, hashes: [] },
      { name: "e", version: "1", source: undefined, hashes: [`sha256:${wheel.sha256}`] },
    ]);
  });

  test("gives back what it was given, and each platform its own", () => {
    const lock = readPylock(formatLock(document), "pylock.a.toml", none);
    expect(lock.own).toMatchObject({
      inputsHash: document.inputs.hash,
      inputs: document.inputs.values,
      platforms: ["linux/amd64", "linux/arm64"],
      python: "3.13.5",
      baseLock: { "linux/amd64": document.platforms[1]?.baseLock },
    });
    const alone = (index: number) => {
      const platforms = document.platforms.filter((_, position) => position === index);
      return readPylock(formatLock({ ...document, platforms }), "pylock.a.toml", none).own?.platformFingerprints;
    };
    expect({ ...alone(0), ...alone(1) }).toEqual(lock.own?.platformFingerprints);
    expect(lock.own?.platformFingerprints["linux/amd64"]).not.toBe(lock.own?.platformFingerprints["linux/arm64"]);
  });

  test("does not depend on the index's host, comments or the order of platforms", () => {
    const fingerprint = (text: string) => readPylock(text, "pylock.a.toml", none).own?.platformFingerprints;
    const text = formatLock(document);
    expect(formatLock({ ...document, platforms: [...document.platforms].reverse() })).toBe(text);
    expect(fingerprint(`# note\n${text.replaceAll("x.dev", "mirror.dev")}`)).toEqual(fingerprint(text));
    expect(fingerprint(text.replace("ddd", "eee"))).not.toEqual(fingerprint(text));
  });

  test("an image without packages, and a table of another version", async () => {
    const platforms = [{ platform: "linux/amd64", distributions: [], baseLock: undefined }];
    const text = formatLock({ ...document, platforms, python: undefined });
    expect(readPylock(text, "pylock.a.toml", none).distributions).toEqual([]);
    const error = await errorOf(async () => readPylock(text.replace("version = 1\n", "version = 2\n"), "a", none));
    expect([error.code, error.hint]).toEqual(["LOCK_INVALID", 'run "imagespec lock"']);
  });

  test("any texts survive", () => {
    const text = fc.string({ unit: "grapheme", minLength: 1 });
    const json = fc.dictionary(
      text,
      fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text), fc.array(fc.dictionary(text, text))),
    );
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text))), json, (values, baseLock) => {
        const platforms = [{ platform: "linux/amd64", distributions: [], baseLock }];
        const written = formatLock({ ...document, platforms, inputs: { hash: "0", values } });
        const own = readPylock(written, "pylock.a.toml", none).own;
        expect([own?.inputs, own?.baseLock["linux/amd64"] ?? {}]).toEqual([values, baseLock]);
      }),
      { numRuns: 200 },
    );
  });
});
