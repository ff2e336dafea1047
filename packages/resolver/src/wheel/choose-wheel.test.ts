import type { TargetEnvironment } from "@imagespec/core";
import { describe, expect, test } from "vitest";
import { chooseWheel } from "./choose-wheel.ts";
import { compatibleTags } from "./compatible-tags.ts";
import { parseWheelName } from "./wheel-name.ts";

const bookworm: TargetEnvironment = {
  platform: "linux/amd64",
  pythonVersion: "3.12",
  libc: { kind: "glibc", version: "2.36" },
};
const wheels = (...filenames: string[]) => filenames.map((filename) => ({ filename }));

describe("chooseWheel", () => {
  test.each([
    [
      "the newest manylinux the C library allows",
      bookworm,
      [
        "n-1-cp312-cp312-manylinux_2_17_x86_64.whl",
        "n-1-cp312-cp312-manylinux_2_28_x86_64.whl",
        "n-1-cp312-cp312-manylinux_2_38_x86_64.whl",
      ],
      1,
    ],
    [
      "its own ABI before abi3, abi3 before pure",
      bookworm,
      ["n-1-py3-none-any.whl", "n-1-cp39-abi3-manylinux2014_x86_64.whl", "n-1-cp312-cp312-manylinux2014_x86_64.whl"],
      2,
    ],
    [
      "abi3 of an older Python",
      bookworm,
      ["n-1-py3-none-any.whl", "n-1-cp38-abi3-manylinux_2_5_x86_64.manylinux1_x86_64.whl"],
      1,
    ],
    [
      "pure Python when nothing else fits",
      bookworm,
      ["n-1-cp311-cp311-manylinux2014_x86_64.whl", "n-1-py2.py3-none-any.whl"],
      1,
    ],
    [
      "musl for musl",
      { ...bookworm, libc: { kind: "musl", version: "1.2" } } as TargetEnvironment,
      ["n-1-cp312-cp312-manylinux2014_x86_64.whl", "n-1-cp312-cp312-musllinux_1_1_x86_64.whl"],
      1,
    ],
    [
      "arm64 for arm64",
      { ...bookworm, platform: "linux/arm64" },
      ["n-1-cp312-cp312-manylinux2014_x86_64.whl", "n-1-cp312-cp312-manylinux2014_aarch64.whl"],
      1,
    ],
    ["the higher build number", bookworm, ["n-1-2-py3-none-any.whl", "n-1-10-py3-none-any.whl"], 1],
  ] as const)("takes %s", (_title, target, filenames, expected) => {
    expect(chooseWheel(wheels(...filenames), target)?.filename).toBe(filenames[expected]);
  });

  test("takes none when none fits: other Python, other machine, too new a C library, free-threaded", () => {
    expect(
      chooseWheel(
        wheels(
          "n-1-cp311-cp311-manylinux2014_x86_64.whl",
          "n-1-cp312-cp312-win_amd64.whl",
          "n-1-cp312-cp312-manylinux_2_39_x86_64.whl",
          "n-1-cp312-cp312t-manylinux2014_x86_64.whl",
        ),
        bookworm,
      ),
    ).toBeUndefined();
  });

  test("orders tags as the packaging library does", () => {
    const tags = compatibleTags({
      platform: "linux/amd64",
      pythonVersion: "3.11.2",
      libc: { kind: "glibc", version: "2.17" },
    });
    expect(tags.slice(0, 2)).toEqual(["cp311-cp311-manylinux_2_17_x86_64", "cp311-cp311-manylinux2014_x86_64"]);
    expect(tags.indexOf("cp311-abi3-manylinux_2_17_x86_64")).toBeLessThan(
      tags.indexOf("cp311-none-manylinux_2_17_x86_64"),
    );
    expect(tags.indexOf("cp310-abi3-linux_x86_64")).toBeLessThan(tags.indexOf("py311-none-manylinux_2_17_x86_64"));
    expect(tags.at(-1)).toBe("py30-none-any");
  });

  test.each([
    "demo.whl",
    "demo-1.0.tar.gz",
    "demo-1.0-py3-none.whl",
    "demo-1.0-x1-py3-none-any.whl",
    "de mo-1.0-py3-none-any.whl",
  ])("refuses the name %j", (name) => {
    expect(() => parseWheelName(name)).toThrow(expect.objectContaining({ code: "WHEEL_INVALID" }));
  });
});
