import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeConfig, encodeManifest, mediaTypes } from "@imagespec/oci";
import { describe, expect, it } from "vitest";
import { ImageSpec, type ImageSpecBuilder, type LockedBase, type LockRequest, type Resolver } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { fakeBuilder } from "../src/testing/fake-builder.ts";
import { createSpecFolder } from "../src/testing/spec-folder.ts";
import { type TestBench, testBench } from "../src/testing/test-bench.ts";

type ResolveCall = { readonly target: Parameters<Resolver["resolve"]>[1] } & Parameters<Resolver["resolve"]>[2];

/** A builder that can lock; `versions` is what the index has. */
function lockingBuilder(versions: Record<string, string>, facts: Partial<LockedBase> = {}) {
  const fake = fakeBuilder();
  const looks: { readonly kind: string; readonly digest: string | undefined; readonly request: LockRequest }[] = [];
  const resolutions: ResolveCall[] = [];
  const builder: ImageSpecBuilder = {
    ...fake.builder,
    async lockBase(spec, request) {
      const base = spec.resolvedBase.kind === "reference" ? await request.base() : undefined;
      looks.push({ kind: spec.resolvedBase.kind, digest: base?.manifest.digest, request });
      const lock = spec.resolvedBase.kind === "debian" ? { packages: [{ name: "libc6", version: "2.41" }] } : undefined;
      const libc = { kind: "glibc", version: "2.41" } as const;
      return { python: "3.12.4", libc, distributions: {}, ...(lock === undefined ? {} : { lock }), ...facts };
    },
    resolver: () => ({
      async resolve(spec, target, options) {
        resolutions.push({ target, ...options });
        const kept = new Map((options.preferences ?? []).map((pin) => pin.split("==") as [string, string]));
        const distributions = [...spec.requirementLines].sort().map((line) => {
          const name = /^[\w-]+/.exec(line)?.[0] ?? "";
          const version = kept.get(name) ?? versions[name] ?? "1.0";
          if (line.includes("git+")) {
            const url = line.replace(/^.*git\+/, "");
            return {
              name,
              version: "",
              sdist: { kind: "git" as const, url, commit: "c".repeat(40), subdirectory: undefined },
            };
          }
          const filename = `${name}-${version}-py3-none-any.whl`;
          const sha256 = Buffer.from(filename).toString("hex").padEnd(64, "0").slice(-64);
          return { name, version, wheel: { filename, url: `https://x.dev/${filename}`, size: 1, sha256 } };
        });
        return { distributions, pylock: "" };
      },
    }),
  };
  return { builder, looks, resolutions, calls: fake.calls };
}

async function pushBase(bench: TestBench, text: string): Promise<string> {
  const config = encodeConfig({
    os: "linux",
    architecture: "amd64",
    config: { Env: [text] },
    rootfs: { type: "layers", diff_ids: [] },
  });
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: config.descriptor,
    layers: [],
  });
  const repository = bench.client.repository({ registry: bench.registry, repository: "acme/python" });
  await repository.writeBlob(config.descriptor, async function* () {
    yield config.bytes;
  });
  return (await repository.writeManifest(manifest.bytes, mediaTypes.ociManifest, { tag: "3.12" })).digest;
}

describe("locking", () => {
  it("takes source distributions where the spec names them, and pins the commit of a repository", async () => {
    await using bench = await testBench();
    await using folder = await createSpecFolder();
    const base = `${bench.registry}/acme/python:3.12`;
    await pushBase(bench, "A=1");
    const fake = lockingBuilder({});
    const engine = bench.engine([fake.builder]);
    const spec = new ImageSpec({ name: "acme/train", baseImage: base, packages: ["six"] });
    await engine.lock(spec, { root: folder.path });
    const built = spec.withPackages("own @ git+https://git.dev/own.git");
    const [result] = await engine.lock(built, { root: folder.path });
    await engine.lock(built.withPackages("numpy"), { root: folder.path });
    expect(fake.resolutions.map(({ sdists }) => sdists)).toEqual([false, true, true]);
    expect(fake.resolutions.map(({ preferences }) => preferences)).toEqual([[], ["six==1.0"], ["six==1.0"]]);
    expect(result?.text).toContain(
      `vcs = { type = "git", url = "https://git.dev/own.git", commit-id = "${"c".repeat(40)}" }`,
    );
  });

  it("pins what a base reference points to, keeps it, and takes the new one when asked", async () => {
    await using bench = await testBench();
    await using folder = await createSpecFolder();
    const root = folder.path;
    const first = await pushBase(bench, "A=1");
    const fake = lockingBuilder({ numpy: "2.0" });
    const engine = bench.engine([fake.builder]);
    const spec = new ImageSpec({
      name: "acme/train",
      baseImage: `${bench.registry}/acme/python:3.12`,
      packages: ["numpy"],
    });
    const [created] = await engine.lock(spec, { root });
    expect(created).toMatchObject({ status: "created", names: ["numpy"], python: "3.12.4", floating: [] });
    expect(fake.resolutions[0]?.target).toEqual({
      platform: "linux/amd64",
      pythonVersion: "3.12.4",
      libc: { kind: "glibc", version: "2.41" },
    });
    const second = await pushBase(bench, "A=2");
    expect((await engine.lock(spec, { root }))[0]?.status).toBe("current");
    expect(fake.looks).toHaveLength(1);
    const [packages] = await engine.lock(spec, { root, upgrade: ["numpy"] });
    expect([packages?.status, packages?.baseChanges]).toEqual(["current", []]);
    expect(fake.looks.at(-1)?.digest).toBe(first);
    const built = await engine.build(spec, { root });
    expect(built.tag).toMatch(/^v1-/);
    expect(fake.calls[0]?.spec.resolvedBase).toMatchObject({ kind: "reference", digest: first });
    const [upgraded] = await engine.lock(spec, { root, upgradeBase: true });
    expect(upgraded).toMatchObject({ status: "updated", baseChanges: [{ before: first, now: second }], changes: [] });
    expect((await engine.build(spec, { root })).tag).not.toBe(built.tag);
  });

  it("keeps pins as far as they fit, and upgrades all or what is named", async () => {
    await using bench = await testBench();
    await using folder = await createSpecFolder();
    const root = folder.path;
    const versions: Record<string, string> = { numpy: "2.0", pandas: "3.0" };
    const engine = bench.engine([lockingBuilder(versions).builder]);
    const spec = new ImageSpec({ name: "acme/train", baseImage: { debian: "trixie" }, packages: ["numpy", "pandas"] });
    await engine.lock(spec, { root });
    Object.assign(versions, { numpy: "2.1", pandas: "3.1" });
    const more = spec.with({ packages: ["numpy", "pandas", "six"] });
    const [added] = await engine.lock(more, { root });
    expect(added?.stale).toEqual([{ field: "packages", before: undefined, now: "six" }]);
    expect(added?.changes).toEqual([{ name: "six", before: undefined, now: "1.0" }]);
    const [dry] = await engine.lock(more, { root, upgrade: true, write: false });
    expect(dry?.changes.map(({ name, now }) => `${name} ${now}`)).toEqual(["numpy 2.1", "pandas 3.1"]);
    const [one] = await engine.lock(more, { root, upgrade: ["Pandas"] });
    expect(one?.changes).toEqual([{ name: "pandas", before: "3.0", now: "3.1" }]);
    const before = await readFile(join(root, "pylock.acme-train.toml"), "utf8");
    const error = await failureOf(engine.lock(more, { root, upgrade: ["pandaz", "numpy"] }));
    expect([error.code, error.hint]).toEqual(["SPEC_PACKAGE_NOT_FOUND", 'did you mean "pandas"?']);
    expect(await readFile(join(root, "pylock.acme-train.toml"), "utf8")).toBe(before);
  });

  it("lets platforms agree, and keeps a base for the platforms of all that stand on it", async () => {
    await using bench = await testBench();
    await using folder = await createSpecFolder();
    const root = folder.path;
    const fake = lockingBuilder({});
    const engine = bench.engine([fake.builder]);
    const base = new ImageSpec({ name: "acme/base", baseImage: { debian: "trixie" }, packages: ["six"] });
    const both = new ImageSpec({
      name: "acme/both",
      baseImage: base,
      packages: ["numpy"],
      platform: ["linux/amd64", "linux/arm64"],
    });
    const one = new ImageSpec({ name: "acme/one", baseImage: base, packages: ["numpy"] });
    const results = await engine.lock([both, one], { root });
    expect(results.map(({ name, platforms }) => `${name} ${platforms.join(" ")}`)).toEqual([
      "acme/base linux/amd64 linux/arm64",
      "acme/both linux/amd64 linux/arm64",
      "acme/one linux/amd64",
    ]);
    expect(fake.resolutions[1]?.preferences).toEqual(["six==1.0"]);
    // What the base has must stay as it is.
    expect(fake.resolutions[2]?.constraints).toEqual(["six==1.0"]);
    expect((await engine.build(both, { root, locked: true })).tag).toMatch(/^v1-/);
  });

  it("is stale when the base is locked to something else", async () => {
    await using bench = await testBench();
    await using folder = await createSpecFolder();
    const root = folder.path;
    const versions: Record<string, string> = { six: "1.0" };
    const engine = bench.engine([lockingBuilder(versions).builder]);
    const base = new ImageSpec({ name: "acme/base", baseImage: { debian: "trixie" }, packages: ["six"] });
    const train = new ImageSpec({ name: "acme/train", baseImage: base, packages: ["numpy"] });
    await engine.lock(train, { root });
    expect(await engine.lockStatus(train, { root })).toMatchObject([{ status: "current" }, { status: "current" }]);
    // Neither source nor environment of a base decide what fits on it.
    const other = train.with({ baseImage: base.withEnv({ A: "1" }) });
    expect((await engine.lockStatus(other, { root }))[1]?.status).toBe("current");
    versions["six"] = "2.0";
    await engine.lock(base, { root, upgrade: true });
    const error = await failureOf(engine.build(train, { root }));
    expect([error.code, error.problems[0]?.path]).toEqual(["LOCK_STALE", "baseImage"]);
    expect(await engine.lockStatus(train, { root })).toMatchObject([{ status: "current" }, { status: "stale" }]);
  });

  it("refuses two specs in one file, and writes neither", async () => {
    await using bench = await testBench();
    await using folder = await createSpecFolder();
    const engine = bench.engine([lockingBuilder({}).builder]);
    const spec = new ImageSpec({ name: "acme/train", baseImage: { debian: "trixie" }, packages: ["six"] });
    const error = await failureOf(engine.lock([spec, spec.withPackages("numpy")], { root: folder.path }));
    expect(error.code).toBe("SPEC_CONFLICT");
    expect(await readdir(folder.path)).toEqual([]);
    expect(
      await engine.lock([spec, spec.with({ tagFormat: "{fingerprint}-gpu" })], { root: folder.path }),
    ).toHaveLength(1);
  });

  it("writes a lock anew that a merge has spoilt, and leaves those of other tools alone", async () => {
    await using bench = await testBench();
    await using folder = await createSpecFolder();
    const root = folder.path;
    const file = join(root, "pylock.acme-train.toml");
    const engine = bench.engine([lockingBuilder({}).builder]);
    const spec = new ImageSpec({ name: "acme/train", baseImage: { debian: "trixie" }, packages: ["six"] });
    const [made] = await engine.lock(spec, { root });
    await writeFile(file, `<<<<<<< ours\n${made?.text}=======\n`);
    expect((await engine.lockStatus(spec, { root }))[0]?.status).toBe("stale");
    expect((await engine.lock(spec, { root }))[0]).toMatchObject({ status: "updated", text: made?.text });
    const foreign = 'lock-version = "1.0"\ncreated-by = "pdm"\npackages = []\n';
    await writeFile(file, foreign);
    expect((await failureOf(engine.lock(spec, { root }))).code).toBe("LOCK_INVALID");
    expect(await readFile(file, "utf8")).toBe(foreign);
    await rm(file);
    expect((await engine.lockStatus(spec, { root }))[0]?.status).toBe("missing");
  });

  it("says what it lacks: a name, a builder, a Python", async () => {
    await using bench = await testBench();
    await using folder = await createSpecFolder();
    const root = folder.path;
    const named = new ImageSpec({ name: "acme/a", baseImage: { debian: "trixie" }, packages: ["six"] });
    const able = lockingBuilder({});
    expect((await failureOf(bench.engine([able.builder]).lock(new ImageSpec(), { root }))).code).toBe("SPEC_VALUE");
    expect((await failureOf(bench.engine([fakeBuilder().builder]).lock(named, { root }))).code).toBe("NO_BUILDER");
    const bare = lockingBuilder({}, { libc: undefined });
    expect((await failureOf(bench.engine([bare.builder]).lock(named, { root }))).code).toBe("BASE_UNSUPPORTED");
  });

  it("counts by the spec's own name wherever the image goes", async () => {
    await using bench = await testBench();
    await using folder = await createSpecFolder();
    const root = folder.path;
    const engine = bench.engine([lockingBuilder({}).builder]);
    const base = new ImageSpec({ baseImage: { debian: "trixie" }, packages: ["six"] });
    const spec = new ImageSpec({ name: "acme/train", baseImage: base, packages: ["numpy"] });
    await engine.lock(spec, { root });
    expect((await readdir(root)).sort()).toEqual(["pylock.acme-train-base.toml", "pylock.acme-train.toml"]);
    const here = await engine.build(spec, { root, locked: true });
    const there = await engine.build(spec, { root, locked: true, name: "other/name" });
    expect(there.tag).toBe(here.tag);
  });

  it("tells what would be installed now: against the lock, else against the record of the image", async () => {
    await using bench = await testBench();
    await using folder = await createSpecFolder();
    const root = folder.path;
    const versions: Record<string, string> = { six: "1.0" };
    const { builder } = lockingBuilder(versions);
    const resolution = {
      "linux/amd64": {
        distributions: [{ name: "six", version: "0.9", wheel: { filename: "", url: "", size: 1, sha256: "" } }],
        pylock: "",
      },
    };
    const recording: ImageSpecBuilder = {
      ...builder,
      build: async (spec, request) => ({ ...(await builder.build(spec, request)), resolution }),
    };
    const engine = bench.engine([recording]);
    const spec = new ImageSpec({ name: "acme/train", baseImage: { debian: "trixie" }, packages: ["six"] });
    for (const options of [{ root, registry: bench.registry }, { root }]) {
      expect(await engine.drift(spec, options)).toMatchObject([{ against: "nothing", changes: [] }]);
      await engine.build(spec, options);
      expect(await engine.drift(spec, options)).toMatchObject([
        { against: "image", changes: [{ name: "six", before: "0.9", now: "1.0" }] },
      ]);
    }
    await engine.lock(spec, { root });
    expect(await engine.drift(spec, { root })).toMatchObject([{ against: "lock", changes: [] }]);
    versions["six"] = "2.0";
    const file = join(root, "pylock.acme-train.toml");
    expect(await engine.drift(spec, { root })).toEqual([
      {
        name: "acme/train",
        against: "lock",
        reference: file,
        changes: [{ name: "six", before: "1.0", now: "2.0" }],
        baseChanges: [],
      },
    ]);
    expect(await readdir(root)).toEqual(["pylock.acme-train.toml"]);
  });
});
