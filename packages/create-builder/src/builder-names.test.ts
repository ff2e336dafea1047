import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { builderNames } from "./builder-names.ts";

describe("builderNames", () => {
  test.each([
    ["slurm", "slurm", "slurm", "SlurmOptions", "imagespec-builder-slurm"],
    ["imagespec-builder-slurm", "slurm", "slurm", "SlurmOptions", "imagespec-builder-slurm"],
    ["@acme/imagespec-builder-my-farm", "my-farm", "myFarm", "MyFarmOptions", "@acme/imagespec-builder-my-farm"],
    ["@acme/farm2", "farm2", "farm2", "Farm2Options", "@acme/imagespec-builder-farm2"],
    ["new", "new", "newBuilder", "NewOptions", "imagespec-builder-new"],
  ])("%s", (text, builder, factory, options, name) => {
    expect(builderNames(text)).toMatchObject({ builder, factory, options, package: name });
  });

  test.each([
    "",
    "Slurm",
    "-x",
    "a--b",
    "a_b",
    "../up",
    "@acme/",
    "a b",
    "a\nb",
    "x".repeat(41),
    "assemble",
    "@me/nix",
  ])("refuses %j", (text) => {
    expect(() => builderNames(text)).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", hint: expect.any(String) }),
    );
  });

  test("whatever is typed gives safe names or an error that can be read", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const { builder, factory, folder } = builderNames(text);
          expect(builder).toMatch(/^[a-z0-9-]+$/);
          expect(factory).toMatch(/^[a-z][A-Za-z0-9]*$/);
          expect(folder).not.toMatch(/[./\\]/);
        } catch (error) {
          expect(error).toMatchObject({ code: "CONFIG_INVALID" });
        }
      }),
    );
  });
});
