import { parseImageIndex } from "@imagespec/oci";
import { describe, expect, it } from "vitest";
import { ImageSpec } from "../src/index.ts";
import { failureOf } from "../src/testing/failure-of.ts";
import { fakeBuilder } from "../src/testing/fake-builder.ts";
import { testBench } from "../src/testing/test-bench.ts";

const amd64 = "linux/amd64";
const arm64 = "linux/arm64";
const spec = new ImageSpec({ name: "acme/train", packages: ["six"], platform: [amd64, arm64] });

describe("several platforms", () => {
  it("asks a builder without multi-platform once for each and joins the results", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder();
    const built = await bench.engine([fake.builder]).build(spec, { registry });
    expect(built).toMatchObject({
      action: "built",
      builder: "fake",
      platforms: [amd64, arm64],
      layers: { built: 2, total: 2 },
    });
    expect(fake.calls.map((call) => call.spec.platforms).sort()).toEqual([[amd64], [arm64]]);
    const repository = bench.client.repository({ registry, repository: "acme/train" });
    const index = parseImageIndex((await repository.getManifest({ tag: built.tag })).bytes);
    expect(index.annotations).toEqual({
      "dev.imagespec.fingerprint": built.fingerprint,
      "dev.imagespec.contract": "1",
    });
    expect(index.manifests.map(({ platform }) => platform)).toEqual([
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64" },
    ]);
    const found = await bench.engine([]).build(spec, { registry });
    expect(found).toMatchObject({ action: "exists", digest: built.digest, layers: { reused: 2, total: 2 } });
  });

  it("reuses the platforms that are there when one is added or taken away", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    await engine.build(spec.withPlatforms(arm64), { registry });
    const both = await engine.build(spec, { registry });
    expect(both.action).toBe("joined");
    expect(fake.calls.map((call) => call.spec.platforms)).toEqual([[arm64], [amd64]]);
    expect(await engine.build(spec.withPlatforms(amd64), { registry })).toMatchObject({ action: "exists" });
    const three = await engine.build(spec.withPlatforms(amd64, arm64, "linux/arm/v7"), { registry });
    expect(three).toMatchObject({ action: "joined", platforms: [amd64, "linux/arm/v7", arm64] });
    expect(fake.calls).toHaveLength(3);
  });

  it("only joins when every platform is there", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const engine = bench.engine([fakeBuilder().builder]);
    for (const platform of [amd64, arm64]) await engine.build(spec.withPlatforms(platform), { registry });
    const joined = await bench.engine([]).build(spec, { registry });
    expect(joined).toMatchObject({ action: "joined", builder: "" });
  });

  it("asks a builder with multi-platform once for all and gives it the labels of each", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder({ with: ["multi-platform"] });
    const engine = bench.engine([fake.builder]);
    const built = await engine.build(spec, { registry });
    expect(fake.calls).toHaveLength(1);
    const { spec: asked, request } = fake.calls[0]!;
    expect(asked.platforms).toEqual([amd64, arm64]);
    expect(request.labelsByPlatform[arm64]?.["dev.imagespec.fingerprint"]).toBe(asked.platformFingerprints[arm64]);
    const single = await engine.build(spec.withPlatforms(arm64), { registry });
    expect(single.action).toBe("exists");
    const { digest } = await bench.engine([fakeBuilder().builder], { cacheFolder: `${bench.folder}/b` }).build(spec);
    // Whoever builds them, the engine makes the index.
    expect(digest).toBe(built.digest);
  });

  it("gives platforms to different builders when none takes all", async () => {
    await using bench = await testBench();
    const only = (platform: string, name: string, priority: number) =>
      fakeBuilder({
        name,
        priority,
        shouldBuild: (asked) =>
          asked.platforms.every((one) => one === platform) || {
            action: "decline",
            problems: [{ code: "BUILDER_DECLINED", path: "platform", message: `only ${platform}` }],
          },
      });
    const [one, two] = [only(amd64, "one", 90), only(arm64, "two", 80)];
    const built = await bench.engine([one.builder, two.builder]).build(spec, { registry: bench.registry });
    expect(built.builder).toBe("one, two");
    const error = await failureOf(
      bench.engine([one.builder]).build(spec.withPackages("x"), { registry: bench.registry }),
    );
    expect(error.code).toBe("NO_BUILDER");
    expect(error.message).toContain(`one (${arm64}) declined, platform: only ${amd64}`);
  });

  it("removes the tags of single platforms beside a tag of the caller's own", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const target = { registry, repository: "acme/train" };
    const fake = fakeBuilder();
    const built = await bench.engine([fake.builder]).build(spec, { registry, tagFormat: "latest" });
    expect(built.warnings).toEqual([]);
    expect(fake.calls.map(({ request }) => "tag" in request.output && request.output.tag).sort()).toEqual([
      "latest-linux-amd64",
      "latest-linux-arm64",
    ]);
    expect(await bench.client.tags(target)).toEqual(["latest"]);
    expect(await bench.engine([]).build(spec, { registry, tagFormat: "latest" })).toMatchObject({ action: "exists" });
  });

  it("keeps the platform that was built when another fails", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    let fails = true;
    const fake = fakeBuilder({
      during: async (asked) => {
        if (asked.platforms[0] === arm64 && fails) throw new Error("no such machine");
      },
    });
    const engine = bench.engine([fake.builder]);
    const error = await failureOf(engine.build(spec, { registry }));
    expect(error).toMatchObject({ code: "BUILD_FAILED", message: 'builder "fake" failed: no such machine' });
    fails = false;
    expect(await engine.build(spec, { registry })).toMatchObject({ action: "joined" });
    expect(fake.calls.map((call) => call.spec.platforms[0]).sort()).toEqual([amd64, arm64, arm64]);
  });

  it("works in the local store and in an OCI layout, and is refused where one platform fits", async () => {
    await using bench = await testBench();
    const engine = bench.engine([fakeBuilder().builder]);
    const stored = await engine.build(spec);
    expect(stored).toMatchObject({ action: "built", layers: { total: 2 } });
    expect(await engine.build(spec.withPlatforms(arm64))).toMatchObject({ action: "exists" });
    const output = { kind: "oci-layout", path: `${bench.folder}/layout` } as const;
    expect(await engine.build(spec, { output })).toMatchObject({ digest: stored.digest });
    expect(await engine.build(spec, { output })).toMatchObject({ action: "exists", digest: stored.digest });
    const archive = { kind: "docker-archive", path: `${bench.folder}/image.tar` } as const;
    expect(await failureOf(engine.build(spec, { output: archive }))).toMatchObject({
      code: "SPEC_CONFLICT",
      problems: [{ path: "platform" }],
    });
  });

  it("rebuilds a platform that an index lists and the output lost", async () => {
    await using bench = await testBench();
    const { registry } = bench;
    const fake = fakeBuilder();
    const engine = bench.engine([fake.builder]);
    const built = await engine.build(spec, { registry });
    const repository = bench.client.repository({ registry, repository: "acme/train" });
    const { bytes } = await repository.getManifest({ tag: built.tag });
    const lost = parseImageIndex(bytes).manifests.find(({ platform }) => platform?.architecture === "arm64")!;
    await repository.deleteManifest(lost.digest);
    expect(await engine.exists(spec, { registry })).toMatchObject({ state: "partial", missing: [arm64] });
    expect(await engine.build(spec, { registry })).toMatchObject({ action: "joined", digest: built.digest });
    expect(fake.calls.map((call) => call.spec.platforms[0]).sort()).toEqual([amd64, arm64, arm64]);
  });
});
