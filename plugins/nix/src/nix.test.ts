import { ImageSpec, type ImageSpecInput, type Json, resolveImageSpec, type SelectionContext } from "@imagespec/core";
import { describe, expect, test } from "vitest";
import { nix } from "./nix.ts";
import type { NixBuilderOptions } from "./options/nix-builder-options.ts";

// The verdict depends on the spec, and on the platform of this machine.
const context = { hostPlatform: "linux/amd64" } as SelectionContext;
const sha256 = `sha256-${"A".repeat(43)}=`;
const pin = { url: "https://example.org/set.tar.gz", sha256 };

async function verdict(input: ImageSpecInput, options: NixBuilderOptions = {}) {
  const spec = new ImageSpec({ builder: "nix", baseImage: "scratch", pythonVersion: "3.13", ...input });
  return nix(options).shouldBuild(await resolveImageSpec(spec, { root: import.meta.dirname }), context);
}

test("has the lowest priority, and takes no spec that does not name it", async () => {
  const { name, priority, capabilities } = nix();
  expect([name, priority]).toEqual(["nix", 10]);
  for (const missing of ["commands", "conda-packages", "cuda", "sdists", "bytecode", "debian-base"] as const)
    expect(capabilities.has(missing)).toBe(false);
  const spec = await resolveImageSpec(new ImageSpec({ packages: ["six"] }), { root: import.meta.dirname });
  expect(await nix().shouldBuild(spec, context)).toMatchObject({ action: "decline", problems: [{ path: "builder" }] });
});

test.each<[string, ImageSpecInput, NixBuilderOptions?]>([
  ["packages of nixpkgs", { packages: ["numpy", "pandas[excel]>=2; python_version >= '3.9'"], aptPackages: ["git"] }],
  ["wheels of an index", { packages: ["numpy==2.0.1"], pipIndex: "https://example.org/simple" }],
  ["a Python of a pin of its own", { pythonVersion: "3.9", packages: ["six"], builderOptions: { pin } }],
  [
    "another platform with remote builders",
    { platform: "linux/arm64" },
    { builders: "ssh-ng://builder aarch64-linux" },
  ],
  [
    "a Debian package of the spec's own map",
    { aptPackages: ["acme"], builderOptions: { aptPackages: { acme: { attribute: "acme" } } } },
  ],
  [
    "a netrc file for wheels",
    {
      packages: ["x"],
      pipIndex: "https://e.org",
      secrets: [{ id: "n", from: { env: "N" }, steps: ["packages"], target: "/root/.netrc" }],
    },
  ],
])("takes %s", async (_, input, options) => {
  expect(await verdict(input, options)).toMatchObject({ action: "build" });
});

describe("declines, with the field and a way out", () => {
  test.each<[string, ImageSpecInput, readonly string[]]>([
    ["URLs and folders", { packages: ["six", "x @ https://example.org/x-1-py3-none-any.whl"] }, ["packages[1]"]],
    ["Debian packages that are not in the map", { aptPackages: ["libnothing", "zip"] }, ["aptPackages[0]"]],
    [
      "versions and headers of Debian",
      { aptPackages: ["git=1:2.39.2-1", "libpq-dev"] },
      ["aptPackages[0]", "aptPackages[1]"],
    ],
    ["a Python without a pin", { pythonVersion: "3.9", packages: ["six"] }, ["pythonVersion"]],
    ["a platform that nixpkgs does not have", { platform: "linux/s390x" }, ["platform"]],
    ["a platform that nothing builds for", { platform: "linux/arm64" }, ["platform"]],
    ["an option that does not exist", { builderOptions: { pinn: "x" } }, ["builderOptions.pinn"]],
    [
      "a pin without a hash",
      { builderOptions: { pin: { url: "https://example.org/x.tar.gz" } } },
      ["builderOptions.pin"],
    ],
    [
      "what means an index, where packages are to be of nixpkgs",
      {
        packages: ["six"],
        pipIndex: "https://e.org",
        excludeNewer: "2025-01-01",
        builderOptions: { packages: "nixpkgs" },
      },
      ["pipIndex", "excludeNewer"],
    ],
    [
      "the base's Python for nixpkgs",
      { packages: ["six"], builderOptions: { python: "base", packages: "nixpkgs" } },
      ["builderOptions.python"],
    ],
    [
      "secrets for packages of nixpkgs",
      { packages: ["six"], secrets: [{ id: "s", from: { env: "S" }, steps: ["packages"], target: "/root/.netrc" }] },
      ["secrets[0]"],
    ],
    [
      "everything at once",
      {
        packages: ["-e ."].filter(() => false).concat("a @ https://e.org/a-1-py3-none-any.whl"),
        aptPackages: ["nope-nope"],
        platform: "linux/arm64",
      },
      ["platform", "packages[0]", "aptPackages[0]"],
    ],
  ])("%s", async (_, input, paths) => {
    const answer = await verdict(input);
    expect(answer.action).toBe("decline");
    if (answer.action !== "decline") return;
    expect(answer.problems.map(({ path }) => path)).toEqual(paths);
    for (const { hint } of answer.problems) expect(hint).toMatch(/^[a-z]/);
  });
});

describe("contentOptions", () => {
  const content = (options: Json, own: NixBuilderOptions = {}) => nix(own).contentOptions?.(options);

  test("hold the pin, or those of the table", () => {
    expect(content({})).toMatchObject({ library: 1, pin: { "3.13": expect.stringMatching(/^sha256-/) } });
    expect(content({ pin })).toMatchObject({ pin: sha256 });
    expect(content({}, { pin })).toEqual(content({ pin }));
    expect(content({ pin: { path: "/srv/nixpkgs", sha256 } })).toEqual(content({ pin }));
  });

  test("hold what changes an image, and nothing of the machine", () => {
    const machine: NixBuilderOptions = {
      store: "/x",
      substituters: [],
      maxJobs: 1,
      maxBuilds: 3,
      cacheFolder: "/c",
      builders: "b",
    };
    expect(content({}, machine)).toEqual(content({}));
    for (const option of [
      { packages: "wheels" },
      { python: "nix" },
      { allowUnfree: true },
      { allowBroken: true },
      { permittedInsecurePackages: ["x-1"] },
      { aptPackages: { a: { attribute: "b" } } },
    ])
      expect(content(option)).not.toEqual(content({}));
  });
});

test.each<[string, unknown]>([
  ["a line break in a value", { builders: "a\nsandbox = false" }],
  ["a relative folder", { store: "x", cacheFolder: "x" }],
  ["a cache with a space", { substituters: ["https://x https://y"] }],
  ["a number that is none", { maxJobs: -1 }],
  ["an option that does not exist", { substituter: [] }],
  ["an attribute that is code", { aptPackages: { x: { attribute: "a; b" } } }],
])("refuses %s", (_, options) => {
  // Configuration files are not checked by the compiler.
  expect(() => nix(options as NixBuilderOptions)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
});
