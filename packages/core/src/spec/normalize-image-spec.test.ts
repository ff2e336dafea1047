import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { specArbitrary } from "../testing/spec-arbitrary.ts";
import { ImageSpec } from "./image-spec.ts";
import type { ImageSpecInput } from "./image-spec-input.ts";
import { normalizeImageSpec } from "./normalize-image-spec.ts";

const normalize = (input: ImageSpecInput) => normalizeImageSpec(new ImageSpec(input));

test("an empty spec has the defaults of the contract", () => {
  expect(normalize({})).toMatchObject({
    contract: 1,
    pythonVersion: "3.12",
    base: { kind: "reference", reference: "docker.io/library/python:3.12-slim" },
    platforms: ["linux/amd64"],
    workdir: "/app",
    profile: "imagespec",
    bytecode: false,
    sourceCopyMode: "none",
    packages: [],
    env: {},
  });
});

test("normalising twice changes nothing, for any spec", () => {
  fc.assert(
    fc.property(specArbitrary, (input) => {
      const once = normalize(input);
      expect(normalizeImageSpec(once)).toBe(once);
      const again = new ImageSpec(new ImageSpec(input).toJSON());
      expect(normalizeImageSpec(again)).toEqual(once);
    }),
  );
});

test("a spec and its input are untouched, and the result is frozen all the way down", () => {
  const input = { packages: ["B", "A"], baseImage: { packages: ["C"] } };
  const before = structuredClone(input);
  const result = normalize(input);
  expect(input).toEqual(before);
  expect(Object.isFrozen(result.packages) && Object.isFrozen(result.base) && Object.isFrozen(result)).toBe(true);
});

describe("equal specs in other words are one", () => {
  test.each<[string, ImageSpecInput, ImageSpecInput]>([
    ["the default base", {}, { baseImage: "python:3.12-slim", pythonVersion: "3.12" }],
    ["the default index", {}, { pipIndex: "https://pypi.org/simple/" }],
    ["the default platform", {}, { platform: ["linux/x86_64"] }],
    [
      "platforms in another order",
      { platform: ["linux/arm64", "linux/amd64"] },
      { platform: ["linux/amd64", "linux/aarch64"] },
    ],
    ["env in another order", { env: { A: "1", B: "2" } }, { env: { B: "2", A: "1" } }],
    ["Debian packages in another order", { aptPackages: ["git", "curl", "git"] }, { aptPackages: ["curl", "git"] }],
    ["requirements in another spelling", { packages: ["Foo_Bar >= 1, <2"] }, { packages: ["foo-bar<2,>=1"] }],
    ["commands as text", { commands: ["make"] }, { commands: [{ run: "make", after: "packages", secrets: [] }] }],
    ["copy as text", { copy: ["./a/b"] }, { copy: [{ from: "a/b", to: "/app/a/b" }] }],
    ["copy into a folder", { copy: [{ from: "a/b", to: "/data/" }] }, { copy: [{ from: "a/b", to: "/data/b" }] }],
    ["a cut-off day", { excludeNewer: "2026-08-01" }, { excludeNewer: "2026-08-02T02:00:00+02:00" }],
    ["a short reference", { baseImage: "ubuntu:24.04" }, { baseImage: "docker.io/library/ubuntu:24.04" }],
    [
      "a nested spec written out",
      { baseImage: new ImageSpec({ packages: ["a"] }) },
      { baseImage: { packages: ["A"] } },
    ],
  ])("%s", (_what, a, b) => {
    expect(normalize(a)).toEqual(normalize(b));
  });
});

describe("what means something is kept", () => {
  test("the order of packages, commands, copy entries and channels", () => {
    const spec = normalize({ packages: ["b", "a"], commands: ["2", "1"], copy: ["b", "a"], condaChannels: ["z", "a"] });
    expect(spec.packages).toEqual(["b", "a"]);
    expect(spec.commands.map(({ run }) => run)).toEqual(["2", "1"]);
    expect(spec.copy.map(({ from }) => from)).toEqual(["b", "a"]);
    expect(spec.condaChannels).toEqual(["z", "a"]);
  });

  test("an empty entrypoint is not the same as none", () => {
    expect(normalize({ entrypoint: [] }).entrypoint).toEqual([]);
    expect(normalize({}).entrypoint).toBeUndefined();
  });

  test("the Python of a named base is the base's", () => {
    expect(normalize({ baseImage: "ubuntu:24.04" }).pythonVersion).toBeUndefined();
    expect(normalize({ baseImage: { packages: [] } }).pythonVersion).toBeUndefined();
    expect(normalize({ baseImage: { debian: "trixie" } }).pythonVersion).toBe("3.13");
    expect(normalize({ baseImage: "scratch" }).pythonVersion).toBe("3.12");
  });

  test("a patch version of Python chooses the base that has it", () => {
    expect(normalize({ pythonVersion: "3.11.9" }).base).toEqual({
      kind: "reference",
      reference: "docker.io/library/python:3.11.9-slim",
    });
  });

  test("an OCI layout as base", () => {
    expect(normalize({ baseImage: "oci-layout:images/base:app:1.0" }).base).toEqual({
      kind: "oci-layout",
      path: "images/base",
      name: "app:1.0",
    });
  });
});

describe("secrets", () => {
  test("get defaults, and say at each command what it sees", () => {
    const spec = normalize({
      commands: ["one", { run: "two", secrets: ["narrow"] }],
      secrets: [
        { id: "wide", from: { env: "W" } },
        { id: "narrow", from: { env: "N" }, steps: ["packages"] },
      ],
    });
    expect(spec.secrets).toEqual([
      {
        id: "narrow",
        from: { env: "N" },
        steps: ["packages", "commands[1]"],
        target: "/run/secrets/narrow",
        cacheBust: undefined,
      },
      {
        id: "wide",
        from: { env: "W" },
        steps: ["packages", "commands"],
        target: "/run/secrets/wide",
        cacheBust: undefined,
      },
    ]);
    expect(spec.commands.map(({ secrets }) => secrets)).toEqual([["wide"], ["narrow", "wide"]]);
  });

  test("of pipSecretMounts have ids by their target, whatever their position", () => {
    const mounts = [
      ["netrc", "/root/.netrc"],
      ["pip.conf", "/etc/pip.conf"],
    ] as const;
    const ids = (input: ImageSpecInput) => normalize(input).secrets.map(({ id, from }) => [id, from]);
    expect(ids({ pipSecretMounts: mounts })).toEqual([
      ["mount-etc-pip-conf", { file: "pip.conf" }],
      ["mount-root-netrc", { file: "netrc" }],
    ]);
    expect(ids({ pipSecretMounts: mounts.toReversed() })).toEqual(ids({ pipSecretMounts: mounts }));
  });

  test("of URLs are one secret for each index", () => {
    const spec = normalize({
      pipIndex: "https://user:hunter22@pypi.acme.dev:8443/simple",
      pipExtraIndexUrl: ["https://user:hunter22@pypi.acme.dev:8443/more"],
    });
    expect(spec.indexCredentials).toEqual([
      { origin: "https://pypi.acme.dev:8443", secret: "index-pypi.acme.dev-8443" },
    ]);
    expect(spec.secrets).toMatchObject([{ id: "index-pypi.acme.dev-8443", steps: ["packages"] }]);
    const [secret] = spec.secrets;
    expect(secret !== undefined && "value" in secret.from && secret.from.value.reveal()).toBe("user:hunter22");
    expect(JSON.stringify(spec)).not.toContain("hunter22");
  });
});
