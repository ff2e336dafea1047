import { describe, expect, test } from "vitest";
import { platformOption } from "./platform-option.ts";
import { sourceRequests } from "./source-requests.ts";

const requests = (pipExtraArgs: readonly string[], requirementLines: readonly string[] = []) =>
  sourceRequests({ pipExtraArgs, requirementLines });

describe("sourceRequests", () => {
  test("--no-binary as pip reads it", () => {
    const named = requests(["--pre", "--no-binary", "Foo_Bar,six"]);
    expect(["foo-bar", "six", "numpy"].map(named.isBuilt)).toEqual([true, true, false]);
    expect(requests(["--no-binary=:all:"]).isBuilt("anything")).toBe(true);
    expect(requests(["--no-binary=six", "--no-binary=:none:"]).any).toBe(false);
    expect(requests([]).any).toBe(false);
  });

  test("URLs that are no wheels'", () => {
    const lines = [
      "a @ git+https://x.dev/a.git",
      "b[c]@https://x.dev/b.tar.gz",
      "d @ https://x.dev/d-1-py3-none-any.whl#x",
    ];
    const { isNamed, isBuilt } = requests([], lines);
    expect(["a", "b", "d"].map(isNamed)).toEqual([true, true, false]);
    expect(isBuilt("a")).toBe(false);
  });
});

test.each([
  ["linux/amd64", { kind: "glibc", version: "2.41" }, "x86_64-manylinux_2_40"],
  ["linux/arm64", { kind: "glibc", version: "2.30" }, "aarch64-manylinux_2_28"],
  ["linux/arm64", { kind: "musl", version: "1.2" }, "aarch64-unknown-linux-musl"],
  ["linux/s390x", { kind: "glibc", version: "2.36" }, "linux"],
] as const)("--python-platform of %s %o", (platform, libc, expected) => {
  expect(platformOption({ platform, libc, pythonVersion: "3.12" })).toBe(expected);
});
