import type { TargetEnvironment } from "@imagespec/core";
import { describe, expect, test } from "vitest";
import { chooseDistributions } from "./choose-distributions.ts";
import { parsePylock } from "./parse-pylock.ts";

const target: TargetEnvironment = {
  platform: "linux/amd64",
  pythonVersion: "3.12",
  libc: { kind: "glibc", version: "2.36" },
};
const base = new URL("file:///project/");
const hash = "a".repeat(64);
const wheel = (name: string) => `{ url = "https://files.example/${name}", size = 5, hashes = { sha256 = "${hash}" } }`;
const choose = (document: string, selection = {}) =>
  chooseDistributions(parsePylock(document, "pylock.toml", base), target, { file: "pylock.toml", ...selection });

describe("chooseDistributions", () => {
  test("takes what the markers and the target select", () => {
    const chosen = choose(`lock-version = "1.0"
created-by = "x"
[[packages]]
name = "Demo_Package"
version = "1.0"
wheels = [${wheel("demo_package-1.0-cp312-cp312-manylinux_2_28_x86_64.whl")}, ${wheel("demo_package-1.0-cp312-cp312-win_amd64.whl")}]
[[packages]]
name = "windows-only"
version = "1.0"
marker = "sys_platform == 'win32'"
wheels = [${wheel("windows_only-1.0-py3-none-any.whl")}]
[[packages]]
name = "an-extra"
version = "2.0"
marker = "'fast' in extras"
wheels = [${wheel("an_extra-2.0-py3-none-any.whl")}]
[[packages]]
name = "local"
version = "3.0"
archive = { path = "wheels/local-3.0-py3-none-any.whl", hashes = { sha256 = "${hash}" } }
`);
    expect(chosen.map(({ name, wheel }) => [name, wheel?.filename, wheel?.url])).toEqual([
      [
        "demo-package",
        "demo_package-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
        "https://files.example/demo_package-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
      ],
      ["local", "local-3.0-py3-none-any.whl", "file:///project/wheels/local-3.0-py3-none-any.whl"],
    ]);
  });

  test("takes what a package is built from only where it is asked to", () => {
    const document = `lock-version = "1.0"
[[packages]]
name = "a"
version = "1"
sdist = { url = "https://files.example/a-1.tar.gz", size = 7, hashes = { sha256 = "${hash}" } }
[[packages]]
name = "both"
version = "2"
sdist = { url = "https://files.example/both-2.tar.gz", hashes = { sha256 = "${hash}" } }
wheels = [${wheel("both-2-py3-none-any.whl")}]
[[packages]]
name = "archive"
archive = { url = "https://files.example/main.zip", subdirectory = "py", hashes = { sha256 = "${hash}" } }
[[packages]]
name = "repository"
vcs = { type = "git", url = "https://git.example/r.git", commit-id = "${"c".repeat(40)}", requested-revision = "v1" }
`;
    const sources = (selection: object) =>
      choose(document, { sdists: true, ...selection }).map(({ name, wheel, sdist }) => [
        name,
        wheel?.filename ?? sdist,
      ]);
    const archive = { kind: "archive", size: undefined, sha256: hash, subdirectory: undefined };
    const both = { ...archive, filename: "both-2.tar.gz", url: "https://files.example/both-2.tar.gz" };
    const others = [
      ["a", { ...archive, filename: "a-1.tar.gz", url: "https://files.example/a-1.tar.gz", size: 7 }],
      ["archive", { ...archive, filename: "main.zip", url: "https://files.example/main.zip", subdirectory: "py" }],
      ["both", "both-2-py3-none-any.whl"],
      [
        "repository",
        { kind: "git", url: "https://git.example/r.git", commit: "c".repeat(40), subdirectory: undefined },
      ],
    ];
    expect(sources({})).toEqual(others);
    expect(sources({ isBuilt: (name: string) => name === "both" })[2]).toEqual(["both", both]);
    expect(() => choose(document)).toThrow(expect.objectContaining({ code: "SPEC_NO_WHEEL" }));
  });

  test("what is to be built and has no source", () => {
    const document = `lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\nwheels = [${wheel("a-1-py3-none-any.whl")}]`;
    expect(() => choose(document, { sdists: true, isBuilt: () => true })).toThrow(
      /"a==1" is to be built from its source/,
    );
  });

  test("lists every package without a wheel", () => {
    const document = `lock-version = "1.0"
[[packages]]
name = "a"
version = "1"
sdist = { url = "https://files.example/a-1.tar.gz", hashes = { sha256 = "${hash}" } }
[[packages]]
name = "b"
version = "2"
wheels = [${wheel("b-2-cp311-cp311-manylinux_2_28_x86_64.whl")}]
`;
    expect(() => choose(document)).toThrow(
      expect.objectContaining({
        code: "SPEC_NO_WHEEL",
        problems: [
          expect.objectContaining({ message: expect.stringContaining('"a==1"') }),
          expect.objectContaining({ message: expect.stringContaining('"b==2"') }),
        ],
      }),
    );
  });

  test.each([
    ["not TOML", "= nonsense", /not a TOML document/],
    ["another lock version", 'lock-version = "2.0"', /lock version "2.0"/],
    ["another Python", 'lock-version = "1.0"\nrequires-python = ">=3.13"', /for Python ">=3.13"/],
    [
      "no hash",
      'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\nwheels = [{ url = "https://x/a-1-py3-none-any.whl", hashes = { md5 = "x" } }]',
      /no sha256/,
    ],
    [
      "two versions of one package",
      `lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\nwheels = [${wheel("a-1-py3-none-any.whl")}]\n[[packages]]\nname = "a"\nversion = "2"\nwheels = [{ url = "https://x/a-2-py3-none-any.whl", hashes = { sha256 = "${"b".repeat(64)}" } }]`,
      /two versions/,
    ],
  ])("refuses a lock with %s", (_title, document, message) => {
    expect(() => choose(document)).toThrow(
      expect.objectContaining({ code: "LOCK_INVALID", message: expect.stringMatching(message) }),
    );
  });
});
