import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ImageSpec } from "../spec/image-spec.ts";
import type { ImageSpecInput } from "../spec/image-spec-input.ts";
import { normalizeImageSpec } from "../spec/normalize-image-spec.ts";
import { type ResolveOptions, resolveImageSpec } from "../spec/resolve-image-spec.ts";
import { contentOf, specPairArbitrary } from "../testing/spec-arbitrary.ts";
import { createSpecFolder } from "../testing/spec-folder.ts";
import { platformSpec } from "./fingerprint-spec.ts";

const resolve = (input: ImageSpecInput, options: ResolveOptions = {}) =>
  resolveImageSpec(new ImageSpec(input), options);
const fingerprint = async (input: ImageSpecInput, options?: ResolveOptions) =>
  (await resolve(input, options)).fingerprint;
const digest = `sha256:${"a".repeat(64)}`;

const content = (input: ImageSpecInput) => contentOf(normalizeImageSpec(new ImageSpec(input)));

describe("pinned: a change here moves every tag, and needs a new fingerprint version", () => {
  test.each<[string, ImageSpecInput, string, string]>([
    ["empty", {}, "e446ba2101098b89651072ce0d8255b11f884dae5c256ba38910215556361f6d", "u1-4rdluiibbgfysziq"],
    [
      "packages",
      { packages: ["numpy==2.1.0", "Pandas >= 2"], pythonVersion: "3.11" },
      "1a31ab000b84a72857a1677475ce296842b4af29dfaf314510ed72f9367e3414",
      "u1-diy2waalqstsqv5b",
    ],
    [
      "every kind of field",
      {
        baseImage: `ubuntu@${digest}`,
        aptPackages: ["git", "curl"],
        commands: ["make", { run: "true", after: "source" }],
        env: { B: "2", A: 'ü "quoted" $HOME' },
        entrypoint: [],
        cmd: ["python"],
        user: "1000",
        workdir: "/srv",
        labels: { team: "a" },
        runtimePackages: ["rich"],
        bytecode: true,
        profile: "flytekit",
        secrets: [{ id: "t", from: { env: "T" }, cacheBust: "1" }],
        builder: "b",
        builderOptions: { x: [1, "2"] },
        platform: ["linux/arm64", "linux/amd64"],
      },
      "eb3c1f8a4e7551ed279b31f2f18607b00911ec7c6e312762d2c23ea795d4fca1",
      "u1-5m6b7csoovi62j43",
    ],
    [
      "a Debian base",
      { baseImage: { debian: "trixie" }, packages: ["numpy"] },
      "fe734c0908571428690ca6029e0404b447137e41c69419f35cd731d58cc28fc5",
      "u1-7zzuyciik4kcq2im",
    ],
    [
      "nothing that floats",
      { baseImage: `ubuntu@${digest}`, env: { A: "1" } },
      "28d974956a4e505759f970f5a8528ab1aebfc642cd697310f64ce11f1067c4cb",
      "v1-fdmxjflkjzifowpz",
    ],
  ])("%s", async (_name, input, expected, tag) => {
    const spec = await resolve(input);
    expect([spec.fingerprint, spec.tag]).toEqual([expected, tag]);
  });
});

describe("the same fingerprint", () => {
  test.each<[string, ImageSpecInput]>([
    ["name", { name: "acme/train" }],
    ["registry", { registry: "ghcr.io/acme" }],
    ["tagFormat", { tagFormat: "{fingerprint}-x" }],
    ["registryConfig", { registryConfig: "/x" }],
    ["builder without options", { builder: "buildkit" }],
    ["secrets", { secrets: [{ id: "t", from: { env: "T" } }] }],
    ["pipSecretMounts", { pipSecretMounts: [["a", "/b"]] }],
    ["credentials", { pipIndex: "https://user:hunter22@pypi.org/simple" }],
    [
      "defaults",
      { workdir: "/app", profile: "imagespec", bytecode: false, sourceCopyMode: "none", packages: [], env: {} },
    ],
  ])("whatever %s", async (_what, input) => {
    expect(await fingerprint(input)).toBe(await fingerprint({}));
  });

  test("whatever the machine's root folder", async () => {
    await using a = await createSpecFolder({ "src/x.py": "1" });
    await using b = await createSpecFolder({ "src/x.py": "1" });
    expect(await fingerprint({ sourceRoot: "src" }, { root: a.path })).toBe(
      await fingerprint({ sourceRoot: "src" }, { root: b.path }),
    );
  });

  test("for packages in the spec and in a requirements file", async () => {
    await using folder = await createSpecFolder({ "requirements.txt": "# comment\nNumPy >= 2 # fast\n\npandas\n" });
    const root = { root: folder.path };
    expect(await fingerprint({ requirements: "requirements.txt" }, root)).toBe(
      await fingerprint({ packages: ["numpy>=2", "pandas"] }, root),
    );
  });
});

describe("another fingerprint", () => {
  test.each<[string, ImageSpecInput, ImageSpecInput]>([
    ["list borders", { aptPackages: ["ab", "cd"] }, { aptPackages: ["abcd"] }],
    ["the field of a value", { aptPackages: ["xx"] }, { packages: ["xx"] }],
    ["index and package", { pipIndex: "https://y.dev", packages: ["x"] }, { pipIndex: "https://y.dev/x" }],
    ["one env value or two", { env: { A: "1", B: "2" } }, { env: { A: "1 B=2" } }],
    ["no entrypoint or an empty one", { entrypoint: [] }, {}],
    ["platforms", { platform: "linux/arm64" }, { platform: "linux/amd64" }],
    ["a set of platforms", { platform: ["linux/arm64", "linux/amd64"] }, { platform: "linux/amd64" }],
    ["Python", { pythonVersion: "3.11" }, { pythonVersion: "3.12" }],
    ["the order of packages", { packages: ["a", "b"] }, { packages: ["b", "a"] }],
    ["the phase of a command", { commands: [{ run: "x", after: "source" }] }, { commands: ["x"] }],
    ["runtime packages", { runtimePackages: ["x"] }, { packages: ["x"] }],
    [
      "cacheBust",
      { secrets: [{ id: "t", from: { env: "T" }, cacheBust: "2" }] },
      { secrets: [{ id: "t", from: { env: "T" }, cacheBust: "1" }] },
    ],
    ["builder options", { builder: "b", builderOptions: { a: 1 } }, { builder: "b", builderOptions: { a: 2 } }],
    [
      "a Debian base and what stands on it",
      { baseImage: { debian: "trixie" } },
      { baseImage: { baseImage: { debian: "trixie" } } },
    ],
    ["a pinned base", { baseImage: `ubuntu:24.04@${digest}` }, { baseImage: "ubuntu:24.04" }],
  ])("by %s", async (_what, a, b) => {
    expect(await fingerprint(a)).not.toBe(await fingerprint(b));
  });

  test("by the options that the builder says change the image, and only them", async () => {
    const contentOptions = (_builder: string, options: Readonly<Record<string, unknown>>) => ({
      kept: String(options["kept"]),
    });
    const of = (kept: number, cache: number) =>
      fingerprint({ builder: "b", builderOptions: { kept, cache } }, { contentOptions });
    expect(await of(1, 1)).toBe(await of(1, 2));
    expect(await of(1, 1)).not.toBe(await of(2, 1));
  });
});

test("two specs have one fingerprint exactly when they mean the same", async () => {
  await fc.assert(
    fc.asyncProperty(specPairArbitrary, async ([a, b]) => {
      const [left, right] = await Promise.all([fingerprint(a), fingerprint(b)]);
      expect(left === right).toBe(isDeepStrictEqual(content(a), content(b)));
    }),
    { numRuns: 400 },
  );
});

describe("several platforms", () => {
  test("are the hash of sorted platform=fingerprint lines, and each is an image of its own", async () => {
    const both = await resolve({
      packages: ["numpy"],
      platform: ["linux/arm64", "linux/amd64"],
      tagFormat: "{fingerprint}-x",
    });
    const amd64 = await resolve({ packages: ["numpy"], platform: "linux/amd64" });
    expect(Object.keys(both.platformFingerprints)).toEqual(["linux/amd64", "linux/arm64"]);
    expect(both.platformFingerprints["linux/amd64"]).toBe(amd64.fingerprint);
    expect(both.fingerprint).not.toBe(amd64.fingerprint);
    const alone = platformSpec(both, "linux/x86_64");
    expect(alone.fingerprint).toBe(amd64.fingerprint);
    expect(alone.tag).toBe(amd64.tag);
    expect(alone.platforms).toEqual(["linux/amd64"]);
    expect(alone.fieldFingerprints).toEqual(amd64.fieldFingerprints);
  });

  test("narrow their base as well", async () => {
    const both = await resolve({ baseImage: { debian: "trixie" }, platform: ["linux/arm64", "linux/amd64"] });
    const alone = platformSpec(both, "linux/arm64");
    expect(alone.resolvedBase).toMatchObject({ kind: "image", image: { platforms: ["linux/arm64"] } });
    expect(alone.fingerprint).toBe(await fingerprint({ baseImage: { debian: "trixie" }, platform: "linux/arm64" }));
  });
});

describe("tags", () => {
  test("say what floats", async () => {
    const of = async (input: ImageSpecInput) => {
      const { tag, floating } = await resolve(input);
      return [tag.slice(0, 3), ...floating];
    };
    const base = { baseImage: `ubuntu@${digest}` };
    expect(await of({})).toEqual(["u1-", "baseImage"]);
    expect(await of(base)).toEqual(["v1-"]);
    expect(await of({ baseImage: "scratch" })).toEqual(["v1-"]);
    expect(await of({ baseImage: "scratch", packages: ["a"] })).toEqual(["u1-", "pythonVersion", "packages"]);
    expect(await of({ ...base, packages: ["a==1"] })).toEqual(["u1-", "packages"]);
    expect(await of({ ...base, aptPackages: ["curl=8"] })).toEqual(["u1-", "aptPackages"]);
    expect(await of({ ...base, condaPackages: ["gdal"] })).toEqual(["u1-", "condaPackages"]);
    expect(await of({ ...base, cuda: "12.4" })).toEqual(["u1-", "cuda"]);
    expect(await of({ baseImage: { debian: "trixie" } })).toEqual(["u1-", "baseImage"]);
    expect(await of({ baseImage: base })).toEqual(["v1-"]);
    expect(await of({ baseImage: {} })).toEqual(["u1-", "baseImage"]);
  });

  test("fill in tagFormat with the whole default tag", async () => {
    const { tag } = await resolve({});
    expect(tag).toMatch(/^u1-[a-z2-7]{16}$/);
    expect((await resolve({ tagFormat: "{fingerprint}-gpu" })).tag).toBe(`${tag}-gpu`);
    expect((await resolve({ tagFormat: "{spec_hash}" })).tag).toBe(tag);
    expect((await resolve({ tagFormat: "stable" })).tag).toBe("stable");
  });
});

test("field fingerprints tell what changed", async () => {
  const a = await resolve({ packages: ["numpy"], env: { A: "1" } });
  const b = await resolve({ packages: ["numpy"], env: { A: "2" } });
  const changed = Object.keys(a.fieldFingerprints).filter(
    (name) => a.fieldFingerprints[name] !== b.fieldFingerprints[name],
  );
  expect(changed).toEqual(["env"]);
});
