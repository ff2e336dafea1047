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
    expect(chosen.map(({ name, wheel: { filename, url } }) => [name, filename, url])).toEqual([
      [
        "demo-package",
        "demo_package-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
        "https://files.example/demo_package-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
      ],
      ["local", "local-3.0-py3-none-any.whl", "file:///project/wheels/local-3.0-py3-none-any.whl"],
    ]);
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
