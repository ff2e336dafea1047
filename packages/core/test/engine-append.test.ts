import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ImageSpecError } from "@imagespec/errors";
import { decompress, readTar } from "@imagespec/image-store";
import { type ImageConfig, type ImageManifest, isDigest, parseImageConfig, parseImageManifest } from "@imagespec/oci";
import { RegistryClient, type Repository, type RepositoryReference } from "@imagespec/registry-client";
import { describe, expect, it, vi } from "vitest";
import { type BuildOptions, type BuildOutcome, ImageSpec, registryRecords, resolveImageSpec } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { type FakeBuilderOptions, fakeBuilder } from "../src/testing/fake-builder.ts";
import { type TestBench, testBench } from "../src/testing/test-bench.ts";

const spec = new ImageSpec({
  name: "acme/train",
  baseImage: "registry.test/base@sha256:0000000000000000000000000000000000000000000000000000000000000000",
  packages: ["six"],
  sourceRoot: "src",
  env: { A: "b" },
});
const pinned = spec.with({ packages: [] });

const appendable: FakeBuilderOptions = { appendable: true, user: "imagespec" };

interface Scene extends TestBench {
  readonly options: BuildOptions;
  edit(text: string): Promise<void>;
  image(digest: string | undefined): Promise<{ readonly manifest: ImageManifest; readonly config: ImageConfig }>;
  entries(digest: string): Promise<readonly string[]>;
}

async function scene(): Promise<Scene> {
  const bench = await testBench();
  const edit = (text: string) => writeFile(join(bench.folder, "src", "train", "a.py"), text);
  await mkdir(join(bench.folder, "src", "train"), { recursive: true });
  await edit("one");
  const repository = bench.client.repository({ registry: bench.registry, repository: "acme/train" });
  const image = async (digest: string | undefined) => {
    if (!isDigest(digest)) throw new Error(`${digest} is no digest`);
    const manifest = parseImageManifest((await repository.getManifest({ digest })).bytes);
    const config = parseImageConfig(await repository.getBlob(manifest.config));
    return { manifest, config };
  };
  return {
    ...bench,
    options: { registry: bench.registry, root: bench.folder },
    edit,
    image,
    async entries(digest) {
      const { manifest } = await image(digest);
      const found: string[] = [];
      const layer = manifest.layers.at(-1)!;
      for await (const { header } of readTar(decompress(await repository.openBlob(layer)))) {
        const { path, mode, uid, gid } = header;
        found.push(`${path} ${mode.toString(8)} ${uid}:${gid}`);
      }
      return found;
    },
    [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
  };
}

describe("the source of an image", () => {
  it("is appended by the engine to the image without it, which a builder makes once", async () => {
    await using bench = await scene();
    const fake = fakeBuilder(appendable);
    const first = await bench.engine([fake.builder]).build(spec, bench.options);
    expect(first).toMatchObject({ action: "built", builder: "fake" });
    expect(fake.calls.map((call) => call.spec.source.files.length)).toEqual([0]);

    await bench.edit("two");
    const asked = fake.asked.length;
    const second = await bench.engine([fake.builder]).build(spec, bench.options);
    expect(second).toMatchObject({ action: "built", builder: "engine", layers: { built: 1, reused: 1, total: 2 } });
    expect(second.tag).not.toBe(first.tag);
    expect([fake.calls.length, fake.asked.length]).toEqual([1, asked]);
    expect(second.warnings).toEqual([]);
    expect(await bench.entries(second.digest!)).toEqual([
      "app 755 65532:65532",
      "app/train 755 65532:65532",
      "app/train/a.py 644 65532:65532",
    ]);
  });

  it("needs few requests, and moves nothing but its own layer", async () => {
    await using bench = await scene();
    await bench.engine([fakeBuilder(appendable).builder]).build(spec, bench.options);
    await bench.edit("two");
    bench.requests.length = 0;
    await bench.engine([]).build(spec, bench.options);
    const written = bench.requests.filter((request) => /^(POST|PUT|PATCH) /.test(request));
    // A question whether it may be written; layer, config and two blobs of the record, each by a POST and a PUT; three manifests.
    expect(written.length).toBeLessThanOrEqual(12);
    expect(bench.requests.length).toBeLessThanOrEqual(20);
  });

  it("leaves labels, environment and everything else as a builder would have made them", async () => {
    await using bench = await scene();
    const copying = spec.with({ copy: [{ from: "src/train/a.py", to: "/app/b.py" }] });
    const resolved = await resolveImageSpec(copying, { root: bench.folder });
    const result = await bench.engine([fakeBuilder(appendable).builder]).build(copying, bench.options);
    const { config, manifest } = await bench.image(result.digest);
    expect(config.config).toMatchObject({ User: "imagespec", WorkingDir: "/app" });
    expect(config.config?.Env).toEqual(["A=b", `IMAGESPEC_ID=${resolved.id}`]);
    expect(config.config?.Labels).toMatchObject({ "dev.imagespec.fingerprint": resolved.fingerprint });
    expect(JSON.parse(config.config?.Labels?.["dev.imagespec.fields"] ?? "")).toHaveProperty("source");
    expect(config.rootfs.diff_ids).toHaveLength(manifest.layers.length);
    const trunk = await bench.engine([]).build(copying.with({ copy: [], sourceRoot: undefined }), bench.options);
    expect(trunk.action).toBe("exists");
    expect((await bench.image(trunk.digest)).manifest.layers).toEqual(manifest.layers.slice(0, -1));
  });

  it("has what was resolved in its record, by way of the image below", async () => {
    await using bench = await scene();
    const resolution = { distributions: [{ name: "six", version: "1.17.0" }], pylock: "lock" };
    const returns = (outcome: BuildOutcome) => ({ ...outcome, resolution: { "linux/amd64": resolution } });
    const result = await bench.engine([fakeBuilder({ ...appendable, returns }).builder]).build(spec, bench.options);
    const repository = bench.client.repository({ registry: bench.registry, repository: "acme/train" });
    const record = await registryRecords(repository).read(result.digest!, { signal: new AbortController().signal });
    expect(JSON.parse(Buffer.from(record!).toString())).toMatchObject({
      builder: "engine",
      spec: { source: { files: 1 } },
      resolution,
    });
  });

  it("gives the same bytes on every machine", async () => {
    const digests = new Set<string | undefined>();
    for (let run = 0; run < 2; run++) {
      await using bench = await scene();
      digests.add((await bench.engine([fakeBuilder(appendable).builder]).build(spec, bench.options)).digest);
    }
    expect(digests.size).toBe(1);
  });

  it("is appended for each platform, and the results joined", async () => {
    await using bench = await scene();
    for (const builder of [appendable, { ...appendable, with: ["multi-platform"] } as const]) {
      const fake = fakeBuilder(builder);
      const both = spec.withPlatforms("linux/amd64", "linux/arm64").withEnv({ RUN: String(builder.with) });
      const engine = bench.engine([fake.builder]);
      const first = await engine.build(both, bench.options);
      expect(first).toMatchObject({ action: "built", platforms: ["linux/amd64", "linux/arm64"], builder: "fake" });
      const calls = fake.calls.length;
      await bench.edit(`two ${calls}`);
      const second = await engine.build(both, bench.options);
      expect(second).toMatchObject({ action: "built", builder: "engine", layers: { built: 2, total: 4 } });
      expect(fake.calls.length).toBe(calls);
    }
  });

  it("is part of the image that builders make when the caller, the spec or the builder does not allow it", async () => {
    await using bench = await scene();
    const whole = async (changed: ImageSpec, options: BuildOptions = {}, builder: FakeBuilderOptions = appendable) => {
      const fake = fakeBuilder(builder);
      const { warnings } = await bench.engine([fake.builder]).build(changed, { ...bench.options, ...options });
      expect(warnings).toEqual([]);
      expect(fake.calls.map((call) => call.spec.source.files.length > 0)).toEqual([true]);
    };
    await whole(spec, { appendSource: false });
    await whole(spec, { output: "local-store" });
    await whole(spec.with({ bytecode: true }));
    await whole(spec.with({ commands: [{ run: "make", after: "source" }] }));
    await whole(spec.with({ user: "somebody" }));
    await whole(spec.with({ workdir: "/srv/app" }));
    await whole(spec.with({ workdir: "/tmp" }));
    await whole(spec.with({ copy: [{ from: "src/train/a.py", to: "/etc/a.py" }] }));
    await whole(spec.withEnv({ B: "c" }), {}, { user: "imagespec" });
  });

  it("is built as a whole, with a warning, on what a builder made otherwise than it says", async () => {
    await using bench = await scene();
    for (const user of ["app", "1000"]) {
      const fake = fakeBuilder({ ...appendable, user });
      const changed = spec.withEnv({ USER_OF: user });
      const { warnings, builder } = await bench.engine([fake.builder]).build(changed, bench.options);
      expect(warnings).toEqual([expect.stringContaining(`the ids of its user "${user}" are not known`)]);
      expect([builder, fake.calls.length]).toEqual(["fake", 2]);
    }
  });

  it("is built as a whole, with a warning, when the registry has lost what is below", async () => {
    await using bench = await scene();
    const fake = fakeBuilder(appendable);
    const engine = bench.engine([fake.builder]);
    const first = await engine.build(spec, bench.options);
    const repository = bench.client.repository({ registry: bench.registry, repository: "acme/train" });
    const { manifest } = await bench.image(first.digest);
    await repository.deleteBlob(manifest.layers[0]!.digest);
    await bench.edit("two");
    const second = await engine.build(spec, bench.options);
    expect(second.warnings).toEqual([expect.stringMatching(/built as a whole instead of appending its source/)]);
    expect(second).toMatchObject({ action: "built", builder: "fake" });
    expect(fake.calls.at(-1)?.spec.source.files.length).toBeGreaterThan(0);
  });

  it("fails as it would otherwise when it is edited meanwhile", async () => {
    await using bench = await scene();
    await bench.engine([fakeBuilder(appendable).builder]).build(spec, bench.options);
    await bench.edit("two");
    const resolved = await resolveImageSpec(spec, { root: bench.folder });
    await bench.edit("xyz");
    const error = await failureOf(bench.engine([]).build(resolved, { registry: bench.registry }));
    expect(error.code).toBe("SOURCE_CHANGED");
    const tags = await bench.client.tags({ registry: bench.registry, repository: "acme/train" });
    expect(tags).not.toContain(resolved.tag);
  });
});

describe("the image below a source", () => {
  it("is used again for a day when packages or base float, and for ever when nothing does", async () => {
    for (const [changed, calls] of [
      [spec, 2],
      [pinned, 1],
    ] as const) {
      await using bench = await scene();
      const fake = fakeBuilder(appendable);
      const first = bench.engine([fake.builder]);
      await first.build(changed, bench.options);
      await bench.edit("two");
      await first.build(changed, bench.options);
      expect(fake.calls).toHaveLength(1);
      await bench.edit("three");
      vi.useFakeTimers({ now: Date.now() + 25 * 3_600_000, toFake: ["Date"] });
      try {
        const late = await bench.engine([fake.builder]).build(changed, bench.options);
        expect(late.warnings).toEqual([]);
        expect(fake.calls).toHaveLength(calls);
        expect(fake.calls[1]?.request.force).toBe(calls === 2 ? true : undefined);
        // A day begins anew.
        await bench.edit("four");
        await bench.engine([fake.builder]).build(changed, bench.options);
        expect(fake.calls).toHaveLength(calls);
      } finally {
        vi.useRealTimers();
      }
    }
  });

  it("is known by its record on a machine that did not build it", async () => {
    await using bench = await scene();
    const fake = fakeBuilder(appendable);
    await bench.engine([fake.builder]).build(spec, bench.options);
    await bench.edit("two");
    await rm(bench.cacheFolder, { recursive: true });
    const second = await bench.engine([fake.builder]).build(spec, bench.options);
    expect(second).toMatchObject({ builder: "engine", warnings: [] });
  });

  it("is built again with what stands on it when that is forced", async () => {
    await using bench = await scene();
    const fake = fakeBuilder(appendable);
    const engine = bench.engine([fake.builder]);
    await engine.build(spec, bench.options);
    const forced = await engine.build(spec, { ...bench.options, force: true });
    expect(forced).toMatchObject({ action: "built", builder: "fake" });
    expect(fake.calls.map(({ request }) => request.force)).toEqual([false, true]);
  });

  it("may be without its tag where the registry moves none", async () => {
    await using bench = await scene();
    const fake = fakeBuilder(appendable);
    const refused = (await resolveImageSpec(spec.with({ sourceRoot: undefined }), { root: bench.folder })).tag;
    class Immutable extends RegistryClient {
      override repository(target: RepositoryReference): Repository {
        const repository = super.repository(target);
        const writeManifest: Repository["writeManifest"] = async (bytes, mediaType, options) => {
          if (options?.tag === refused) throw new ImageSpecError("REGISTRY_DENIED", "the tag cannot be overwritten");
          return repository.writeManifest(bytes, mediaType, options);
        };
        return new Proxy(repository, {
          get: (object, key) => {
            const value: unknown = key === "writeManifest" ? writeManifest : Reflect.get(object, key, object);
            return typeof value === "function" ? value.bind(object) : value;
          },
        });
      }
    }
    await using client = new Immutable({ retry: { attempts: 1 } });
    const result = await bench.engine([fake.builder], { registryClient: client }).build(spec, bench.options);
    expect(result.action).toBe("built");
    expect(result.warnings).toEqual([
      "the image without its source did not get its tag: the tag cannot be overwritten",
    ]);
    expect(await bench.entries(result.digest!)).toHaveLength(3);
  });

  it("is built once for all sources of a call", async () => {
    await using bench = await scene();
    await mkdir(join(bench.folder, "other"));
    await writeFile(join(bench.folder, "other", "b.py"), "b");
    const fake = fakeBuilder(appendable);
    const specs = [spec, spec.with({ sourceRoot: "other" }), spec.with({ sourceRoot: "other", name: "acme/serve" })];
    const results = await bench.engine([fake.builder]).buildAll(specs, bench.options);
    expect(results.map(({ action }) => action)).toEqual(["built", "built", "built"]);
    expect(fake.calls).toHaveLength(1);
  });

  it("is in the plan, with the reason where there is none", async () => {
    await using bench = await scene();
    const fake = fakeBuilder(appendable);
    const engine = bench.engine([fake.builder]);
    const planned = async (changed: ImageSpec, options: BuildOptions = {}) =>
      (await engine.plan(changed, { ...bench.options, ...options })).images.map(
        ({ part, action, builder, appendsTo, whyWhole }) => ({ part, action, builder, appendsTo, whyWhole }),
      );
    const trunk = (await resolveImageSpec(spec.with({ sourceRoot: undefined }), { root: bench.folder })).tag;
    const appendsTo = `${bench.registry}/acme/train:${trunk}`;
    const none = { appendsTo: undefined, whyWhole: undefined };
    expect(await planned(spec)).toEqual([
      { part: "trunk", action: "build", builder: "fake", ...none },
      { part: "whole", action: "build", builder: "fake", ...none, appendsTo },
    ]);
    await engine.build(spec, bench.options);
    await bench.edit("two");
    expect(await planned(spec)).toEqual([
      { part: "trunk", action: "exists", builder: undefined, ...none },
      { part: "whole", action: "build", builder: "engine", ...none, appendsTo },
    ]);
    expect(await planned(spec.with({ bytecode: true }))).toEqual([
      { part: "whole", action: "build", builder: "fake", ...none, whyWhole: "the source is compiled" },
    ]);
    expect(fake.calls).toHaveLength(1);
  });
});
