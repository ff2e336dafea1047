import { ImageSpecError } from "@imagespec/errors";
import { describe, expect, it } from "vitest";
import { assertAffordable } from "./assert-affordable.ts";
import { parseDryRun } from "./dry-run.ts";

const hash = "5bv376fm1dsqpq66fl0y0wvh385z8gg8";
const drv = (name: string): string => `/nix/store/${hash}-${name}.drv`;

describe("parseDryRun", () => {
  it("reads what would be built and fetched, in the words of old and new versions", () => {
    const lines = [
      "warning: something",
      "these 2 derivations will be built:",
      `  ${drv("a")}`,
      `  ${drv("b")}`,
      "this path will be fetched (1.00 MiB download, 2.00 MiB unpacked):",
      `  /nix/store/${hash}-c`,
      "don't know how to build these paths:",
      `  /nix/store/${hash}-d`,
    ];
    expect(parseDryRun(lines)).toEqual({ builds: [drv("a"), drv("b")], fetches: [`/nix/store/${hash}-c`] });
    expect(parseDryRun(["this derivation will be built:", `  ${drv("a")}`])).toEqual({
      builds: [drv("a")],
      fetches: [],
    });
    expect(parseDryRun([])).toEqual({ builds: [], fetches: [] });
  });
});

describe("assertAffordable", () => {
  const plan = { builds: [drv("bootstrap"), drv("gcc-15"), drv("imagespec-python3.13-numpy")], fetches: [] };
  const limits = { maxBuilds: 2, pin: "nixos-25.11", foreignSystem: undefined };

  it("counts what is built from source, without what is made for the image alone", () => {
    assertAffordable(plan, limits);
    expect(() => assertAffordable(plan, { ...limits, maxBuilds: 1 })).toThrow(
      expect.objectContaining({
        code: "NIX_WOULD_BUILD",
        message: expect.stringContaining("2 packages would be built"),
      }),
    );
  });

  it("needs a machine for another platform", () => {
    expect(() => assertAffordable(plan, { ...limits, foreignSystem: "aarch64-linux" })).toThrow(ImageSpecError);
    assertAffordable({ builds: [], fetches: [`/nix/store/${hash}-x`] }, { ...limits, foreignSystem: "aarch64-linux" });
  });
});
